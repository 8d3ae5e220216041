"""Backups of a whole database, on each engine: made while it is written to, verified, and put back."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from app.core.errors import ScrapewatchError
from app.storage.backup import container, making
from app.storage.base import Event, EventFilter
from app.storage.base_backups import Step, quietly
from app.storage.sql import copies, programs
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, event, new_id, no_fold
from tests.postgres import client_programs

Empty = Callable[[], Database]


class House(NamedTuple):
    """A database of a kind, its store of events, and where empty ones of the same kind come from."""

    database: Database
    events: SqlEventStore
    empty: Empty

    def send(self, *events: Event) -> None:
        """Store them."""
        self.events.append(events, no_fold)


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """With three events of one sender."""
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    opened = [database]

    def empty() -> Database:
        if request.param == "sqlite":
            opened.append(Database(f"sqlite:///{tmp_path}/fresh/machine.db", readers=1))
        else:
            made = request.getfixturevalue("postgres_server").database(migrated=False)
            request.addfinalizer(lambda: made.__exit__(None, None, None))
            opened.append(Database(made.__enter__(), readers=1))
        return opened[-1]

    if request.param == "postgres":
        client_programs(monkeypatch)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    made = House(database, SqlEventStore(database, StoppedClock(), merge_points), empty)
    made.send(*(event(id=new_id(), data={"n": n}) for n in range(3)))
    yield made
    for each in opened:
        each.close()


def back_up(house: House, to: Path, progress: Callable[[Step, int, int], None] = quietly) -> container.Manifest:
    return making.make(house.database, to, "1.2.3", StoppedClock(), progress)


def held(database: Database) -> list[Event]:
    return SqlEventStore(database, StoppedClock(), merge_points).events(EventFilter())


def test_an_empty_database_becomes_what_was_backed_up(house: House, tmp_path: Path):
    """Event by event, on a machine where there was nothing; and the backup says what it holds and what it does not."""
    manifest = back_up(house, tmp_path / "b.zip")
    fresh = house.empty()

    restored = making.restore(fresh, tmp_path / "b.zip", quietly)

    assert held(fresh) == held(house.database)
    assert restored == manifest == making.verify(tmp_path / "b.zip", quietly)
    assert (manifest.counts["events"], manifest.counts["senders"], manifest.version) == (3, 1, "1.2.3")
    assert "ENCRYPTION_KEYS" in manifest.without


def test_what_is_written_meanwhile_waits_for_nothing_and_is_not_in_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Between any two steps of the copy events are stored; the backup is of the moment at which it began."""
    monkeypatch.setattr(copies, "_PAGES", 8)
    steps = []

    def on(step: Step, done: int, whole: int) -> None:
        steps.append(step)
        house.send(event(id=new_id()))

    manifest = back_up(house, tmp_path / "b.zip", on)

    assert {"copy", "pack", "check"} <= set(steps)
    assert manifest.counts["events"] == 3
    assert len(held(house.database)) == 3 + len(steps)
    fresh = house.empty()
    making.restore(fresh, tmp_path / "b.zip", quietly)
    assert len(held(fresh)) == 3


def test_a_database_that_holds_something_is_replaced_only_by_force(house: House, tmp_path: Path):
    """Without it nothing is changed; with it what was written since the backup is gone."""
    back_up(house, tmp_path / "b.zip")
    house.send(event(id=new_id()))

    with pytest.raises(ScrapewatchError, match="not empty"):
        making.restore(house.database, tmp_path / "b.zip", quietly)
    assert len(held(house.database)) == 4
    making.restore(house.database, tmp_path / "b.zip", quietly, force=True)

    assert len(held(house.database)) == 3
    house.send(event(id=new_id()))
    assert len(held(house.database)) == 4


def test_a_database_that_a_server_uses_is_left_alone(house: House, tmp_path: Path):
    """Also by force: the server would go on in a file that has no name."""
    back_up(house, tmp_path / "b.zip")
    server = Claim(house.database)
    server.take()

    with pytest.raises(ScrapewatchError, match="A server runs on this database: stop it first"):
        making.restore(house.database, tmp_path / "b.zip", quietly, force=True)
    server.release()


def test_a_damaged_backup_replaces_nothing(house: House, tmp_path: Path):
    """It is looked at before anything is touched."""
    file = tmp_path / "b.zip"
    back_up(house, file)
    whole = file.read_bytes()
    file.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])

    with pytest.raises(ScrapewatchError, match=rf"{file} is damaged: .* the damage is in scrapewatch\."):
        making.restore(house.database, file, quietly, force=True)
    assert len(held(house.database)) == 3


def test_rows_that_are_missing_are_named(house: House, tmp_path: Path):
    """A copy that opens, and yet holds less than there was, is no backup."""
    whole = tmp_path / "b.zip"
    manifest = back_up(house, whole)
    copy, poorer = tmp_path / "copy", tmp_path / "poorer.zip"
    container.unpack(whole, copy, quietly)
    claimed = {**manifest.counts, "events": 5}
    container.pack(copy, replace(manifest, counts=claimed), poorer, quietly)

    with pytest.raises(ScrapewatchError, match="of events 3 of 5 rows"):
        making.verify(poorer, quietly)


def test_an_attempt_that_fails_leaves_nothing(house: House, tmp_path: Path):
    """Neither the file nor what it is made of."""

    def on(step: Step, done: int, whole: int) -> None:
        if step == "check":
            raise ScrapewatchError("enough")

    with pytest.raises(ScrapewatchError, match="enough"):
        back_up(house, tmp_path / "to/b.zip", on)
    assert list((tmp_path / "to").iterdir()) == []


def test_what_a_killed_attempt_has_left_is_in_nobody_s_way(house: House, tmp_path: Path):
    """The next one into the same file begins anew."""
    for name in ("b.zip.copy", "b.zip.part", "b.zip.lock"):
        (tmp_path / name).write_bytes(b"half")
    back_up(house, tmp_path / "b.zip")
    assert making.verify(tmp_path / "b.zip", quietly).counts["events"] == 3
    assert not list(tmp_path.glob("b.zip.*"))


def test_two_at_once_into_one_file_are_not_mixed(house: House, tmp_path: Path):
    """Who comes second is told of the first, which is whole."""
    told: list[object] = []

    def on(*_: object) -> None:
        if not told:
            with pytest.raises(ScrapewatchError, match=r"Another backup is being made into .*b\.zip") as refusal:
                back_up(house, tmp_path / "b.zip")
            told.append(refusal)

    back_up(house, tmp_path / "b.zip", on)

    assert told
    assert making.verify(tmp_path / "b.zip", quietly).counts["events"] == 3
    assert [file.name for file in tmp_path.glob("b.zip*")] == ["b.zip"]
    with pytest.raises(ScrapewatchError, match="is there already"):
        back_up(house, tmp_path / "b.zip")


def test_what_a_killed_restore_has_left_goes(sqlite_url: str, tmp_path: Path):
    """With the next restore, and with a server that starts; what is of another database, or of nobody's, stays."""
    with closing(Database(sqlite_url)) as database:
        making.make(database, tmp_path / "b.zip", "1.2.3", StoppedClock(), quietly)
        file = Path(database.url.database or "")
        left = file.with_name(f".restore-{file.name}-ab12cd_3")
        others = [
            file.with_name(f".restore-{name}") for name in ("mine", "other.db-ab12cd_3", f"{file.name}-2-ab12cd_3")
        ]
        for other in others:
            other.mkdir()
        for use in (partial(making.restore, database, tmp_path / "b.zip", quietly, force=True), Claim(database).take):
            left.mkdir()
            (left / "scrapewatch.db").write_bytes(b"half")
            use()
            assert not left.exists()
        assert all(other.exists() for other in others)


def test_a_backup_goes_back_to_its_own_kind(house: House, tmp_path: Path, sqlite_url: str):
    """One of the other engine is refused by name."""
    other = "postgresql" if house.database.is_sqlite else "sqlite"
    back_up(house, tmp_path / "b.zip")
    container.unpack(tmp_path / "b.zip", tmp_path / "copy", quietly)
    manifest = container.read(tmp_path / "b.zip")
    strange = replace(manifest, engine=other)
    container.pack(tmp_path / "copy", strange, tmp_path / "strange.zip", quietly)

    with pytest.raises(ScrapewatchError, match=f"is a backup of {other}"):
        making.restore(house.empty(), tmp_path / "strange.zip", quietly)


def test_postgres_without_its_programs_is_told_what_is_missing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """By name and version, and nothing is left behind."""
    monkeypatch.setattr(programs, "_SYSTEM", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    database = Database(postgres_url, readers=1)

    with pytest.raises(ScrapewatchError, match=r"needs pg_dump \d+ or newer, of PostgreSQL's client programs; there"):
        making.make(database, tmp_path / "b.zip", "1.2.3", StoppedClock(), quietly)
    database.close()
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.statement(47)
@pytest.mark.parametrize("name", ["../../away", "{}/away"])
def test_a_name_in_a_backup_leads_nowhere(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    """Whoever made it may have put any name into it, with a sum that holds: nothing is written but the database."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "deep" / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "deep" / "tmp").mkdir(parents=True)
    back_up(house, tmp_path / "b.zip")
    told = container.unpack(tmp_path / "b.zip", tmp_path / "copy", quietly)
    crafted = replace(told, file=name.format(tmp_path))
    container.pack(tmp_path / "copy", crafted, tmp_path / "crafted.zip", quietly)
    fresh = house.empty()
    database = fresh.url.database if fresh.is_sqlite else None
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    making.verify(tmp_path / "crafted.zip", quietly)
    making.restore(fresh, tmp_path / "crafted.zip", quietly)

    assert len(held(fresh)) == 3
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path for path in new if not str(path).startswith(str(database))} == set()
