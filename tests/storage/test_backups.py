"""Backups by themselves: when they are made, how many stay, and what is told of them."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.backup import making
from app.storage.backup.schedule import AGAIN_MS, Backups
from app.storage.base_series import DAY_MS
from app.storage.sql.database import Database
from config import Settings
from tests.fakes import NOW_MS, StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def backups(database: Database, settings: Settings, clock: StoppedClock) -> Backups:
    """Each day, of which three stay."""
    return Backups(database, replace(settings, backup_enabled=True, backup_keep=3), "1.2.3", clock)


def names(backups: Backups) -> list[str]:
    return [kept.file.name for kept in backups.folder.backups(2**42)]


def fail(*_: Any) -> None:
    raise ScrapewatchError("no room")


def test_one_is_made_when_the_newest_is_older_than_the_interval(backups: Backups, clock: StoppedClock):
    """However often one looks."""
    for _ in range(3):
        backups.look()
        clock.advance(DAY_MS // 2)
    assert names(backups) == ["scrapewatch-20261124T143208Z.zip", "scrapewatch-20261123T143208Z.zip"]


def test_a_restart_changes_nothing_of_that(
    backups: Backups, database: Database, settings: Settings, clock: StoppedClock
):
    """The folder says when the last one was made; one that was made by hand counts."""
    backups.make()
    clock.advance(DAY_MS - 1_000)
    again = Backups(database, replace(settings, backup_enabled=True), "1.2.3", clock)
    again.look()
    assert len(names(again)) == 1

    clock.advance(1_000)
    again.look()
    assert len(names(again)) == 2


def test_none_is_made_where_they_are_not_wanted(database: Database, settings: Settings, clock: StoppedClock):
    """Not even the folder."""
    backups = Backups(database, settings, "1.2.3", clock)
    backups.look()

    assert not backups.folder.place.exists()
    assert backups.told() == {
        "enabled": False,
        "interval": DAY_MS,
        "kept": 0,
        "last": None,
        "failedAt": None,
        "failure": None,
    }


def test_the_oldest_go_and_nothing_else_does(backups: Backups, clock: StoppedClock):
    """What others put into the folder stays, and what a backup that was cut off has left does not."""
    backups.folder.place.mkdir()
    strange = {"notes.txt", "scrapewatch-old.zip", "scrapewatch-20200101T000000Z.zip.mine", "other.part"}
    for name in (*strange, "scrapewatch-20200101T000000Z.zip.part", "scrapewatch-20200101T000000Z.zip.copy"):
        (backups.folder.place / name).touch()
    made = []
    for _ in range(5):
        made.append(backups.make().file.name)
        clock.advance(DAY_MS)

    assert names(backups) == made[:1:-1]
    assert {file.name for file in backups.folder.place.iterdir()} == {*made[2:], *strange}


def test_a_clock_that_was_wrong_ends_no_backups(backups: Backups, clock: StoppedClock):
    """What it has dated years ahead stays, and takes no other's place: as many of the right time are kept as before."""
    clock.advance(10 * 365 * DAY_MS)
    ahead = backups.make().file.name
    clock.advance(-10 * 365 * DAY_MS)
    made = []
    for _ in range(4):
        backups.look()
        made.append(str(backups.told()["last"]["file"]))
        clock.advance(DAY_MS)

    assert names(backups) == [ahead, *made[:0:-1]]
    assert backups.told()["kept"] == 3


def test_a_failure_is_told_until_one_succeeds(backups: Backups, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch):
    """It is tried again after an hour, not at every look; what there is stays meanwhile."""
    backups.make()
    clock.advance(DAY_MS)
    monkeypatch.setattr(making, "make", fail)
    with pytest.raises(ScrapewatchError, match="no room"):
        backups.look()
    backups.look()

    told = backups.told()
    assert (told["failure"], told["failedAt"], told["kept"]) == ("no room", "2026-11-24T14:32:08.000Z", 1)
    assert told["last"]["at"] == "2026-11-23T14:32:08.000Z"

    clock.advance(AGAIN_MS)
    with pytest.raises(ScrapewatchError, match="no room"):
        backups.look()
    monkeypatch.undo()
    clock.advance(AGAIN_MS)
    backups.look()
    told = backups.told()
    assert (told["failure"], told["kept"], told["last"]["file"]) == (None, 2, "scrapewatch-20261124T163208Z.zip")


def test_one_at_a_time(backups: Backups, clock: StoppedClock):
    """A command beside the server's own: who comes second is told so."""
    with backups.folder.alone(), pytest.raises(ScrapewatchError, match="Another backup is being made"):
        backups.make()
    assert backups.make().at_ms == NOW_MS // 1000 * 1000


def test_a_server_that_stops_calls_it_off(backups: Backups, caplog: pytest.LogCaptureFixture):
    """Which is no failure, and leaves nothing."""
    backups.stop()
    with caplog.at_level(logging.INFO):
        backups.look()

    assert "called off" in caplog.text
    assert backups.told()["failure"] is None
    assert list(backups.folder.place.iterdir()) == []
    with pytest.raises(Unavailable):
        backups.make()


@pytest.mark.statement(46)
def test_a_folder_of_backups_is_its_owner_s_alone(backups: Backups):
    """As the data folder is."""
    made: Path = backups.make().file

    assert made.parent.stat().st_mode & 0o777 == 0o700
