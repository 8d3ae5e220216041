"""MongoDB fails under the server: scrapers are told to wait, and it goes on by itself when MongoDB does."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests import mongo_server
from tests.faults.rig import RESTARTED_S, Rig
from tests.server import BUSY_S
from tests.sockets import scraped

SYNCED = "--sync-on-commit"


@pytest.fixture
def mongodb() -> Iterator[mongo_server.Secantus]:
    """A server of the test's own, which has on its disk what it answers."""
    try:
        with mongo_server.secantus() as server:
            server.start(SYNCED)
            yield server
    except mongo_server.Unobtainable as reason:
        pytest.skip(f"MongoDB: {reason}")


@pytest.fixture
def rig(
    environment: dict[str, str], mongodb: mongo_server.Secantus, sqlite_url: str, tmp_path: Path, chance: Random
) -> Iterator[Rig]:
    """Server and proxy, running, on MongoDB."""
    given = {**environment, "DATABASE_URL": sqlite_url, "STORAGE_URL": f"{mongodb.url}kept"}
    with Rig(given, tmp_path, chance) as started:
        yield started


def posted(rig: Rig) -> tuple[int, str]:
    """Status and code of one event by HTTP; nothing where the answer takes long, as behind others that wait in vain."""
    token = rig.environment["INGEST_TOKEN"]
    try:
        status, body = rig.server.request("/api/v1/events", body=scraped("by-http"), token=token)
    except TimeoutError:
        return 0, ""
    return status, json.loads(body).get("code", "")


@pytest.mark.timeout(240)
@pytest.mark.fault(
    "M-1",
    "MongoDB's stand-in crashes and is started again 20 s later; then the server is killed and started again",
    "`storage_down`; lost 0, duplicates 0; first acknowledgement ≤ 5 s",
)
def test_a_crash_of_mongodb_is_survived(rig: Rig, mongodb: mongo_server.Secantus, long, measured):
    """The server stays, and takes events as soon as it can; a new one finds all of it."""
    rig.scrape("s", events=4_000 if long else 800, rate=100, jobs=2)
    rig.until(lambda: len(rig.proxy.acks) > 2)
    mongodb.kill()
    rig.until(lambda: posted(rig) == (503, "storage_down"))
    rig.pass_time(20 if long else 1)
    mongodb.start(SYNCED)
    began = time.monotonic()
    rig.until(lambda: posted(rig)[0] == 200)
    first = time.monotonic() - began
    rig.server.kill()
    rig.restart()
    verdict = rig.finish()

    told = json.loads(rig.server.request("/api/v1/status", token=rig.environment["READ_TOKEN"])[1])["storage"]
    measured(f"taken again after {first:.1f} s; {verdict}")
    assert verdict.right, verdict
    assert first < RESTARTED_S + BUSY_S
    assert (told["store"]["name"], told["durable"]) == ("MongoDB", True)
