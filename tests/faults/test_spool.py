"""The scraper's spool is full or damaged: what matters most is kept, and what is not is counted by name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.faults.kept import reading
from tests.faults.oracle import marks_of
from tests.faults.rig import Rig
from tests.faults.scraper import ERROR_EVERY

MIB = 1024 * 1024
EVENTS = 4_000


@pytest.mark.fault(
    "D-2",
    "the spool is full (1 MiB) while the server is away",
    "start and end of the job kept, items counted in summaries, ledger − stored = counters exactly",
)
def test_a_full_spool_counts_what_it_can_not_keep(rig: Rig, measured):
    """Bodies of items are given up before counts, and counts before what became of the job."""
    rig.proxy.close()
    scraper = rig.scrape("s", events=EVENTS, bytes=600, SCRAPEWATCH_SPOOL_BYTES=MIB)
    rig.until(lambda: scraper.emitted > EVENTS)
    rig.proxy.open()
    verdict = rig.finish()
    dropped = rig.told().dropped
    with reading(rig.url) as connection:
        job = connection.execute(text("SELECT items, status FROM jobs")).one()

    measured(f"{verdict}; counted: {dict(dropped)}; {job.items:,} items in the job")
    assert verdict.right, verdict
    assert dropped["summarised"] > 0
    assert job == (EVENTS - EVENTS // ERROR_EVERY, "completed")


def flipped(file: Path, at: int) -> None:
    """64 bytes are the opposite of what they were."""
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 64]) + whole[at + 64 :])


def cut(file: Path, at: int) -> None:
    """What stood after is gone."""
    file.write_bytes(file.read_bytes()[:at])


def emptied(file: Path, at: int) -> None:
    """The file is there, and nothing in it."""
    file.write_bytes(b"")


def replaced(file: Path, at: int) -> None:
    """The file is something else."""
    file.write_bytes(b"this is no spool\n" * (at // 17))


LONG = [pytest.param(damage, marks=pytest.mark.long) for damage in (cut, emptied, replaced)]


@pytest.mark.parametrize("damage", [flipped, *LONG])
@pytest.mark.fault(
    "D-6",
    "a spool that was left behind is damaged: bytes flipped, cut, emptied, replaced by something else",
    "the next run goes on; what can be read is stored once; what can't is told",
)
def test_a_damaged_spool_stops_no_scraper(rig: Rig, damage: Callable[[Path, int], None], measured):
    """No file that it finds makes a scraper fail, and nothing is made of what makes no sense."""
    rig.proxy.close()
    scraper = rig.scrape("s", events=1_000_000, rate=1_000)
    rig.until(lambda: scraper.emitted > 500)
    scraper.kill()
    (file,) = (rig.folder / "spool").rglob("*.spool")
    damage(file, rig.chance.randrange(file.stat().st_size // 4, file.stat().st_size // 2))
    rig.proxy.open()
    after = rig.scrape("after", events=200, rate=200)
    after.finish()
    stored = marks_of(rig.url)
    kept = {mark for mark in stored if mark[0] == "s-1"}
    told = rig.told()
    lost = {mark for mark in told.returned if mark[0] == "s-1"} - kept
    counted = {"spool_corrupt": told.dropped["spool_corrupt"], "adopted": told.figures[0]["adopted"]}

    measured(f"{damage.__name__}: {len(kept)} read, {len(lost)} not; {counted}")
    assert stored <= told.produced
    assert {mark for mark in told.returned if mark[0] == "after-1"} <= stored
    assert damage is not flipped or 0 < len(lost) < 10
    assert damage in {emptied, replaced} or kept
    assert damage in {cut, emptied} or counted["spool_corrupt"]
