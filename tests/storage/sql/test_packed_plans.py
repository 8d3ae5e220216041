"""What it costs to look at packed events does not depend on how many others there are."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event as engine_event

from app.storage.base import EventFilter
from app.storage.packing import pack
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.packing import SqlPacking
from app.storage.stores import open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold
from tests.storage.packed import NEVER_MS, pack_all


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_packed_bodies_are_found_by_an_index(database_url: str, clock: StoppedClock):
    """Neither reading what is packed nor looking for what is to be packed goes through all events or jobs."""
    with closing(Database(database_url)) as database:
        stated: list[tuple[str, Any]] = []

        def note(*arguments: Any) -> None:
            stated.append((arguments[2], arguments[3]))

        for way in (database.read, database.write):  # each has an engine of its own
            way(lambda connection: engine_event.listen(connection.engine, "before_cursor_execute", note))
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        stores = open_stores(database_url, database, clock)
        stores.events.append([event("error", data={"message": "down"})], jobs_fold)
        assert pack_all(database, clock) == 1
        stated.clear()
        found = stores.search.search(EventFilter(types=("error",)), before=None, limit=9)
        assert [one.data for one in found.events] == ['{"message":"down"}']
        pack(SqlPacking(database, clock), NEVER_MS)
        steps = [
            step for statement in stated if statement[0].startswith("SELECT") for step in _plan(database, *statement)
        ]

    assert [step for step in steps if step.startswith("SEARCH event_chunks USING COVERING INDEX")]
    assert [step for step in steps if step.startswith(("SCAN jobs", "SEARCH jobs")) and "ix_jobs_unpacked" in step]
    assert not {"SCAN events", "SCAN jobs"} & set(steps)


def _plan(database: Database, statement: str, values: Any) -> list[str]:
    explained = f"EXPLAIN QUERY PLAN {statement}"
    return [row[3] for row in database.read(lambda connection: connection.exec_driver_sql(explained, values).all())]
