"""Scrapers that end, and scrapers that fork: each a process of its own."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.server import ROOT

SCRAPER = """
from scrapewatch import Emitter
with Emitter().job("1") as job:
    for n in range(200):
        job.item({"n": n})
"""

HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""Ctrl-C, which whoever starts the tests in the background has had ignored."""

ENDINGS = {
    "by itself": "",
    "by sys.exit": "raise SystemExit(3)",
    "by an exception": "raise ValueError('after the job')",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_a_scraper_that_ends_leaves_nothing_behind(stand_in, run_scraper, ending):
    """The last events are acknowledged before the process is gone, however it ends."""
    run_scraper(SCRAPER + ending, stand_in.url)

    assert [event["type"] for event in stand_in.events] == ["job_started", *["item_scraped"] * 200, "job_completed"]
    assert stand_in.events[-1]["data"]["itemsScraped"] == 200


def test_a_server_that_is_down_delays_the_end_by_no_more_than_was_set(run_scraper, spool_dir):
    """With nobody listening and `SCRAPEWATCH_CLOSE_TIMEOUT` 300, the scraper ends well and says where events wait."""
    done = run_scraper(SCRAPER, "http://127.0.0.1:1", CLOSE_TIMEOUT=300)

    assert done.returncode == 0
    assert f"203 events wait in {spool_dir}" in done.stderr


def test_without_a_spool_what_waits_is_lost_and_said(run_scraper):
    """`SCRAPEWATCH_SPOOL_BYTES` 0 keeps events in memory, which ends with the process."""
    done = run_scraper(SCRAPER, "http://127.0.0.1:1", CLOSE_TIMEOUT=300, SPOOL_BYTES=0)

    assert done.returncode == 0
    assert "202 of 202 events were lost: {'closed': 202}" in done.stderr


def test_the_wait_for_a_server_that_is_down_is_told_and_can_be_ended(tmp_path, until):
    """Once: how long, for how many events; Ctrl-C then ends it at once, with what was lost and no traceback."""
    (tmp_path / "scraper.py").write_text(HEARS + SCRAPER)
    told = tmp_path / "stderr"
    with told.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, tmp_path / "scraper.py"],
            env={
                "SCRAPEWATCH_URL": "http://127.0.0.1:1",
                "SCRAPEWATCH_SPOOL_BYTES": "0",
                "SCRAPEWATCH_CLOSE_TIMEOUT": "300000",
                "PYTHONPATH": str(ROOT),
                "PATH": os.defpath,
            },
            stderr=output,
        )
    try:
        until(lambda: "Waiting" in told.read_text())
        process.send_signal(signal.SIGINT)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert re.findall("Waiting.*", told.read_text()) == [
        "Waiting up to 300 s for the server to take 202 events; Ctrl-C ends it"
    ]
    assert re.findall(".* lost.*", told.read_text()) == ["202 of 202 events were lost: {'closed': 202}"]
    assert "Traceback" not in told.read_text()


def test_a_child_of_multiprocessing_sends_before_it_ends(stand_in, run_scraper):
    """Such children skip `atexit`; their events arrive all the same."""
    script = """
import multiprocessing
from scrapewatch import Emitter

def child(emitter):
    emitter.emit("log", "2", {"message": "from the child"})

emitter = Emitter()
emitter.emit("log", "1", {"message": "from the parent"})
process = multiprocessing.get_context("fork").Process(target=child, args=(emitter,))
process.start()
process.join()
"""
    assert run_scraper(script, stand_in.url).returncode == 0
    assert {event["data"]["message"] for event in stand_in.events} == {"from the parent", "from the child"}


def test_a_worker_of_a_pool_flushes(stand_in, run_scraper):
    """Its pool terminates it: what it sends must be answered for before its task ends."""
    script = """
import multiprocessing
from scrapewatch import Emitter

def task(n):
    emitter = Emitter()
    emitter.emit("log", str(n), {"message": "from the pool"})
    return emitter.flush(10)

with multiprocessing.get_context("fork").Pool(2) as pool:
    assert all(pool.map(task, range(4)))
"""
    assert run_scraper(script, stand_in.url).returncode == 0
    assert {event["jobId"] for event in stand_in.events} == set("0123")


def test_a_forked_child_shares_nothing_with_its_parent(stand_in, run_scraper):
    """The child sends over a connection of its own, in an epoch of its own, numbered from 1; the parent goes on."""
    script = """
import os
from scrapewatch import Emitter

emitter = Emitter()
with emitter.job("1") as job:
    assert emitter.flush(10)
    child = os.fork()
    if not child:
        job.item({"from": "child"})
        os._exit(0 if emitter.flush(10) else 1)
    assert os.waitpid(child, 0)[1] == 0
    job.item({"from": "parent"})
"""
    assert run_scraper(script, stand_in.url).returncode == 0
    told = [(event["type"], event["data"].get("from"), event["seq"]) for event in stand_in.events]
    assert told == [
        ("job_started", None, 1),
        ("item_scraped", "child", 1),
        ("item_scraped", "parent", 2),
        ("job_completed", None, 3),
    ]
    assert len({event["epoch"] for event in stand_in.events}) == 2
    assert len(stand_in.headers) == 2


def test_what_waits_in_the_parent_is_not_sent_by_the_child(stand_in, run_scraper):
    """A fork copies the memory, not the duty."""
    script = """
import os
from scrapewatch import Emitter

emitter = Emitter(flush_interval=10_000)
emitter.emit("item_scraped", "1")
child = os.fork()
if not child:
    os._exit(emitter.ledger.waiting)
assert os.waitpid(child, 0)[1] == 0
"""
    assert run_scraper(script, stand_in.url).returncode == 0
    assert len(stand_in.events) == len(stand_in.messages) == 1
