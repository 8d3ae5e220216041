"""The watchdog of the real server, over scrapers that live, fall silent, die and come back."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.seed import client_environment
from tests.server import Server
from tests.sockets import connected, scraped, watching

PATIENCE_S = 30
SCRAPER = """
import sys, time
from scrapewatch import Emitter

with Emitter().job("w", source="shop") as job:
    job.item({"title": "Tea"})
    print("begun", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def environment(environment: dict[str, str], limits: dict[str, str]) -> dict[str, str]:
    """With the test's own limits."""
    return {**environment, **limits}


@contextmanager
def scraper(server: Server, environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    """A process that has begun the job ``w`` and then has nothing to say; killed at the end, as by a crash."""
    command = [sys.executable, "-c", SCRAPER]
    variables = {**client_environment(server, environment), "SCRAPEWATCH_SPOOL_DIR": environment["DATA_DIR"]}
    with subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def job_when(server: Server, environment: dict[str, str], job_id: str, **wanted: Any) -> Any:
    """The job, once it is as wanted."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status, body = server.request(f"/api/v1/jobs/{job_id}", token=environment["READ_TOKEN"])
        job = server.json(f"/api/v1/jobs/{job_id}", token=environment["READ_TOKEN"]) if status == 200 else {}
        if job and all(job[name] == value for name, value in wanted.items()):
            return job
        assert time.monotonic() < deadline, (wanted, status, body)
        time.sleep(0.05)


def silent_for(ms: int, job: Any) -> None:
    """Until the job's last event lies that long ago."""
    last = datetime.fromisoformat(job["lastEventAt"]).timestamp()
    time.sleep(max(0.0, last + ms / 1000 - time.time()))


@pytest.mark.parametrize("limits", [{"JOB_LOST_AFTER": "1000"}], ids=str)
def test_a_killed_scraper_s_job_is_lost_and_runs_again_when_it_returns(server: Server, environment: dict[str, str]):
    """The API says so with the reason, the job's room hears it, the figures count it out and in again."""
    with watching(server, environment["READ_TOKEN"]) as viewer:
        viewer.subscribe(jobId="w")
        with scraper(server, environment):
            job_when(server, environment, "w", status="running", items=1)
            silent_for(2_000, job_when(server, environment, "w"))
            job_when(server, environment, "w", status="running")  # its socket is there

        lost = job_when(server, environment, "w", status="lost")
        viewer.wait(lambda: bool(viewer.named("job_lost")))

        assert lost["reason"].startswith("silent for ")
        assert lost["reason"].endswith("its connection is gone")
        (told,) = viewer.named("job_lost")
        assert told["data"]["reason"] == lost["reason"]
        with scraper(server, environment):
            again = job_when(server, environment, "w", status="running", items=1)

    assert (again["attempt"], again["reason"]) == (2, None)


@pytest.mark.parametrize("limits", [{"JOB_LOST_AFTER": "1000"}], ids=str)
def test_only_the_jobs_of_the_process_that_died_are_lost(server: Server, environment: dict[str, str]):
    """Two sockets of one sender; over HTTP, silence alone tells. Any word of a lost job takes it back."""
    token = environment["INGEST_TOKEN"]
    with connected(server, token) as stays:
        stays.call("events", [scraped("stays")])
        with connected(server, token) as goes:
            goes.call("events", [scraped("goes")])
        server.json("/api/v1/events", body=scraped("http"), token=token)

        job_when(server, environment, "goes", status="lost")
        job_when(server, environment, "http", status="lost")
        job_when(server, environment, "stays", status="running")
        stays.call("heartbeat", {**scraped("goes"), "type": "heartbeat"})

        job_when(server, environment, "goes", status="running", reason=None)


@pytest.mark.parametrize("limits", [{"JOB_LOST_AFTER": "60000", "JOB_STALLED_AFTER": "1000"}], ids=str)
def test_a_job_without_news_is_stalled_until_it_has_some(server: Server, environment: dict[str, str]):
    """A heartbeat is none."""
    with connected(server, environment["INGEST_TOKEN"]) as scraping:
        scraping.call("events", [scraped("slow")])
        stalled = job_when(server, environment, "slow", status="stalled")
        assert stalled["reason"].startswith("alive, but nothing new for ")

        scraping.call("heartbeat", {**scraped("slow"), "type": "heartbeat"})
        job_when(server, environment, "slow", status="stalled")
        scraping.call("events", [scraped("slow")])

        job_when(server, environment, "slow", status="running", items=2, reason=None)


@pytest.mark.parametrize("limits", [{"JOB_LOST_AFTER": "3000"}], ids=str)
def test_a_restart_of_the_server_loses_no_job(server: Server, environment: dict[str, str]):
    """Away for longer than JOB_LOST_AFTER, it finds the job as it was; whoever does not return is lost later."""
    server.json("/api/v1/events", body=scraped("a"), token=environment["INGEST_TOKEN"])
    before = job_when(server, environment, "a", status="running")
    server.kill()
    silent_for(3_500, before)
    server.start()

    assert job_when(server, environment, "a", status="running")
    job_when(server, environment, "a", status="lost")
