"""What is deleted is gone from every table, on each database."""

from collections.abc import Iterator
from contextlib import closing
from itertools import chain

import pytest
import zstandard
from sqlalchemy import Connection, text

from app.jobs.grouping import Grouping
from app.storage.base_backups import quietly
from app.storage.indexing import Indexing
from app.storage.retention import Retention
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.vacuum import vacuum
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id
from tests.storage.packed import pack_all

GONE, STAYS = "goneforever", "staysforever"
TYPES = ("job_started", "item_scraped", "error", "log", "job_failed")
TABLES = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """With a sender."""
    with closing(Database(database_url)) as opened:
        SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
        yield opened


@pytest.fixture
def stores(database: Database, database_url: str) -> Iterator[Stores]:
    """With two jobs, a word of each in events of every kind, errors grouped and words indexed."""
    with closing(open_stores(database_url, database, StoppedClock())) as opened:
        for word in (GONE, STAYS):
            said = {"message": f"the word {word}", "kind": word, "stack": word, "source": word}
            opened.events.append([event(each, word, id=new_id(), data=said) for each in TYPES], jobs_fold)
        assert opened.words
        Indexing(opened.events, opened.words).look()
        Grouping(opened.events, opened.groups).look()
        yield opened


@pytest.mark.statement(49)
@pytest.mark.parametrize("is_packed", [False, True], ids=["fresh", "packed"])
def test_no_word_of_a_deleted_job_is_left(database: Database, stores: Stores, is_packed: bool):
    """In no table, be it of errors, of words or of packed bodies; what is another's stays.

    SQLite's index knows single words until their part of it is merged; ``flask vacuum`` merges all.
    """
    clock = StoppedClock()
    if is_packed:
        assert pack_all(database, clock) == 2 * len(TYPES)
    before = holding(database, GONE)

    assert stores.events.delete_job(GONE, later=True)
    Retention(stores.events, stores.series, stores.groups, clock, 30, 30, 30).finish_deletions()

    assert {"jobs", "error_groups"} < before
    assert ("event_chunks" in before) == is_packed
    assert any(table.startswith("event_texts") for table in before)
    assert holding(database, GONE) <= {"event_texts_data"}
    vacuum(database, quietly)
    assert holding(database, GONE) == set()
    assert len(holding(database, STAYS)) == len(before)


def holding(database: Database, word: str) -> set[str]:
    """The tables in which it stands."""

    def look(connection: Connection) -> set[str]:
        names = connection.execute(text(TABLES[connection.dialect.name])).scalars().all()
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names}
        return {name for name, found in rows.items() if word in " ".join(map(shown, chain.from_iterable(found)))}

    return database.read(look)


def shown(value: object) -> str:
    """A cell as text, unpacked where it is packed."""
    if not isinstance(value, bytes | memoryview):
        return str(value)
    octets = bytes(value)
    is_packed = octets.startswith(zstandard.FRAME_HEADER)
    return (zstandard.ZstdDecompressor().decompress(octets) if is_packed else octets).decode("latin-1")
