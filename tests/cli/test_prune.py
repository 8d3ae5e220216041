"""``flask prune``, as an operator types it."""

from dataclasses import replace

from click.testing import CliRunner

from app.cli import create_cli
from app.cli.prune import _delete
from app.core.clock import CLOCK
from app.storage.base import EventFilter
from app.storage.base_series import DAY_MS
from app.storage.retention import open_retention
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from config import Settings
from tests.cli.conftest import Run
from tests.fakes import StoppedClock, event, new_id, no_fold


def filled(url: str) -> tuple[Database, Stores]:
    """With two events of forty days ago, and one of now."""
    database = Database(url)
    now_ms = CLOCK.now_ms()
    SqlAccountStore(database).sender("one", at_ms=now_ms)
    clock = StoppedClock()
    stores = open_stores(url, database, clock)
    clock.time_ms = now_ms - 40 * DAY_MS
    stores.events.append([event(id=new_id()), event(id=new_id())], no_fold)
    clock.time_ms = now_ms
    stores.events.append([event(id=new_id())], no_fold)
    return database, stores


def test_a_dry_run_says_what_would_go_and_deletes_nothing(flask: Run, sqlite_url: str):
    """By kind; then the same command without it deletes that."""
    database, stores = filled(sqlite_url)

    told = flask("prune", "--dry-run")
    assert told.exit_code == 0, told.output
    (line,) = [line.split() for line in told.stdout.splitlines() if line.startswith("events")]
    assert line[1:7] == ["3", "2", "0", "0", "30", "days"]
    assert len(stores.events.events(EventFilter())) == 3

    assert flask("prune").stdout.startswith("Deleted: 2 events")
    assert len(stores.events.events(EventFilter())) == 1
    database.close()


def test_the_bar_moves_to_its_end(sqlite_url: str, settings: Settings, capsys, monkeypatch):
    """By what is to go, as a dry run tells it."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    database, stores = filled(sqlite_url)

    assert _delete(open_retention(stores, CLOCK, settings)) == 2

    told = capsys.readouterr().err
    assert "Cleaning" in told
    assert "100%" in told
    database.close()


def test_what_a_server_holds_in_memory_is_its_own(settings: Settings):
    """A command can't reach it."""
    failed = CliRunner().invoke(create_cli(replace(settings, storage_url="memory:")).cli, ["prune"])

    assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
    assert "STORAGE_URL is memory" in failed.stderr
