"""Scrapers are killed, stopped and forked: what they emitted is on their disk, and is sent by whoever comes next."""

import time

import pytest

from tests.faults.rig import Rig
from tests.faults.watcher import Watcher
from tests.server import BUSY_S

LOST_ACKS = 0.05
LOST_AFTER_S = 2
LOOKS_S = 5  # the watchdog looks each second, and begins anew when it was itself held up for so long
LEAVE_S = 5


@pytest.mark.timeout(600)
@pytest.mark.fault(
    "C-1",
    "kill -9 of four scrapers, ten times each, in mid-run, and of the server in between; 5 % of acknowledgements lost",
    "every event whose emit returned is stored: lost, duplicates, out of order, phantom, miscounted 0",
)
def test_killed_scrapers_lose_nothing_that_they_emitted(rig: Rig, long, measured):
    """The next run on the same folder sends what the killed one could not."""
    size, kills, events, rate = (4, 10, 500, 100) if long else (2, 1, 200, 100)
    rig.proxy.lost_acks = LOST_ACKS if long else 0
    with Watcher(rig.server, rig.environment["READ_TOKEN"]) as watcher:
        scrapers = [rig.scrape(f"s{number}", events=10 * events, rate=rate, jobs=3) for number in range(size)]
        for _ in range(kills):
            for at, scraper in enumerate(scrapers):
                scrapers[at] = rig.rerun(scraper, events=10 * events, rate=rate, within_s=1)
            rig.server.kill()
            rig.restart()
        for at, scraper in enumerate(scrapers):
            scrapers[at] = rig.rerun(scraper, events=events)
        verdict = rig.settled(scrapers)
        watcher.catch_up(rig.url)

    measured(f"{size * (kills + 1)} kills of scrapers, {kills} of the server; {verdict}")
    assert verdict.right, verdict


@pytest.mark.parametrize("variables", [{"JOB_LOST_AFTER": f"{LOST_AFTER_S * 1000}"}])
@pytest.mark.fault(
    "C-1", "kill -9 of a scraper, seen from the page (JOB_LOST_AFTER 2 s)", "its job is shown as lost, then as back"
)
def test_a_killed_scraper_is_missed(rig: Rig, measured):
    """Nobody needs to look at the clock: the job is lost, and runs again when its scraper does."""
    scraper = rig.scrape("s", events=1_000_000, rate=100)
    rig.until(lambda: rig.proxy.acks)
    rig.until(lambda: status(rig) == "running")
    scraper.kill()
    began = time.monotonic()
    rig.until(lambda: status(rig) == "lost", LOST_AFTER_S + LOOKS_S + BUSY_S)
    took = time.monotonic() - began
    verdict = rig.settled([rig.again(scraper, events=100)])

    measured(f"lost after {took:.1f} s; {verdict}")
    assert status(rig) == "completed"
    assert verdict.right, verdict


@pytest.mark.parametrize("away", [False, True], ids=["server there", "server away"])
@pytest.mark.fault(
    "C-2", "SIGTERM of a scraper, with the server there and away", "ends ≤ 5 s; lost 0 after its next run"
)
def test_a_stopped_scraper_leaves_nothing_behind(rig: Rig, away: bool, measured):
    """It does not hold up whoever stops it; what it could not send waits on its disk."""
    scraper = rig.scrape("s", events=1_000_000, rate=500, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    if away:
        rig.proxy.close()
        rig.pass_time(0.5)
    began = time.monotonic()
    scraper.process.terminate()
    scraper.process.wait(LEAVE_S + BUSY_S)
    took = time.monotonic() - began
    rig.proxy.open()
    verdict = rig.settled([rig.again(scraper, events=100)])

    measured(f"ended in {took:.1f} s; {verdict}")
    assert verdict.right, verdict


@pytest.mark.fault(
    "C-3", "a scraper forks four children that go on with its emitter", "no number twice; lost 0, duplicates 0"
)
def test_forked_children_send_for_themselves(rig: Rig, measured):
    """Neither connection nor spool nor numbers are shared, though the emitter is."""
    rig.scrape("s", events=500, rate=500, jobs=2, forks=4)
    verdict = rig.finish()

    measured(verdict)
    assert verdict.stored >= 5 * 500
    assert verdict.right, verdict


def status(rig: Rig) -> str:
    """Of the scraper's only job."""
    return str(rig.server.json("/api/v1/jobs/s-1", token=rig.environment["READ_TOKEN"])["status"])
