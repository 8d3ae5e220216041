"""``flask storage pack``, ``unpack`` and ``packed``, as an operator types them."""

from contextlib import closing
from dataclasses import replace

from click.testing import CliRunner

from app.cli import create_cli
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from config import Settings
from tests.cli.conftest import Run
from tests.fakes import event, jobs_fold, new_id


def test_what_is_exported_is_the_same_packed_or_not(flask: Run, sqlite_url: str):
    """To the byte; and the command says what it has done, and what is packed."""
    items = [event(id=new_id(), data={"title": f"Card no. {number}, near mint"}) for number in range(200)]
    with closing(Database(sqlite_url)) as database:
        SqlAccountStore(database).sender("one", at_ms=CLOCK.now_ms())
        stores = open_stores(sqlite_url, database, CLOCK)
        stores.events.append([event("job_started"), *items, event("job_completed", at_ms=0)], jobs_fold)
    exports = [("export", "events", "--format", form) for form in ("csv", "jsonl")]
    before = [flask(*words).stdout_bytes for words in exports]
    assert all(told.count(b"near mint") == 200 for told in before)
    assert flask("storage", "packed").stdout == "Nothing is packed.\n"

    done = flask("storage", "pack")

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Packed: the bodies of 202 events.\nThe bodies of 202 events are packed: ")
    assert [flask(*words).stdout_bytes for words in exports] == before
    assert "times smaller" in flask("storage", "packed").stdout
    assert flask("storage", "unpack").stdout.startswith(
        "Unpacked: the bodies of 202 events.\nA server packs them again"
    )
    assert flask("storage", "packed").stdout == "Nothing is packed.\n"
    assert [flask(*words).stdout_bytes for words in exports] == before


def test_a_store_that_packs_nothing_says_so(settings: Settings, sqlite_url: str):
    """In a line."""
    failed = CliRunner().invoke(create_cli(replace(settings, storage_url="memory:")).cli, ["storage", "pack"])

    assert sqlite_url
    assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
    assert "packs nothing" in failed.stderr
