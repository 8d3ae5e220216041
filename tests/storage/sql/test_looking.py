"""Which rows a look at the events takes in."""

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy import event as engine_event

from app.storage.base import EventFilter
from app.storage.base_levels import Levels
from app.storage.base_series import HOUR_MS
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.conditions import LATE
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.events_tables import events
from app.storage.sql.searching import SqlSearchStore
from app.storage.sql.series_points import merge_points
from app.storage.stores import open_stores
from tests.fakes import NOW_MS, event, no_fold
from tests.storage.test_search_stores import index, log


def test_rare_lines_of_a_long_job_are_found_at_once(sqlite_url: str, clock, monkeypatch):
    """However many items lie between them, in both directions, and of levels that no line has there are none."""
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (20,))
    database = Database(sqlite_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    events, search = SqlEventStore(database, clock, merge_points), SqlSearchStore(database)
    events.append([log("rare") if n % 100 == 50 else event(job_id="run") for n in range(500)], no_fold)
    lines = EventFilter(types=("error", "log"), job_id="run")
    loud = replace(lines, levels=Levels(numbers=(3, 4), types=("error",)))

    assert [each.cursor for each in search.search(lines).events] == [451, 351, 251, 151, 51]
    assert [each.cursor for each in search.onward(lines, after=100, limit=9).events] == [151, 251, 351, 451]
    assert search.search(loud) == ([], None)
    assert search.onward(loud, after=0, limit=9) == ([], None)
    assert search.count(lines, before=501, most=20) == ({("log", 1, None): 5}, None)
    database.close()


def test_a_rare_level_is_found_by_its_words_at_once(sqlite_url: str, clock):
    """However many lines of other levels say the same; and what bears no level, but whose type stands for one."""
    with closing(Database(sqlite_url)) as database:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        stores = open_stores(sqlite_url, database, clock)
        loud = [log("word", level="error"), event("error", data={"message": "word"})]
        stores.events.append([*loud, *(log("word") for _ in range(500))], no_fold)
        index(stores)
        wanted = EventFilter(q="word", levels=Levels(numbers=(3, 4), types=("error",)))

        found = [stores.search.search(replace(wanted, types=types), limit=2) for types in ((), ("log",))]
        nothing = stores.search.search(replace(wanted, levels=Levels(severities=("critical",))), limit=2)
    assert [[each.cursor for each in page.events] for page in found] == [[2, 1], [1]]
    assert nothing.events == []


def test_a_span_far_back_is_found_at_once(stores, clock, monkeypatch):
    """However much was received since, also what came late; and nothing is found of an hour in which nothing was."""
    monkeypatch.setattr("app.storage.sql.placing._GRAIN", 2)
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (4, 12))
    began = clock.now_ms()
    for hour in range(50):
        late = [event(at_ms=began + 3 * HOUR_MS)] if hour == 40 else []
        stores.events.append([event(at_ms=clock.now_ms()), log("x", at_ms=clock.now_ms()), *late], no_fold)
        clock.advance(HOUR_MS)

    def found(from_hour: float, to_hour: float) -> list[int]:
        span = EventFilter(from_ms=int(began + from_hour * HOUR_MS), to_ms=int(began + to_hour * HOUR_MS))
        told = stores.search.search(span)
        assert told.before is None
        assert [each.cursor for each in stores.search.onward(span, after=0, limit=9).events][::-1] == [
            each.cursor for each in told.events
        ]
        return [each.cursor for each in told.events]

    assert found(3, 3) == [83, 8, 7]
    assert found(4.1, 4.9) == []


def test_what_came_late_by_just_as_much_as_may_be_is_found(stores, clock, monkeypatch):
    """Events of a span's last moment that were received an hour after it, all in one moment."""
    monkeypatch.setattr("app.storage.sql.placing._GRAIN", 2)
    monkeypatch.setattr("app.storage.sql.placing._SKEW_MS", 0)
    began = clock.now_ms()
    for ms in (HOUR_MS, 1):
        stores.events.append([event(at_ms=clock.now_ms()) for _ in range(5)], no_fold)
        clock.advance(ms)
        stores.events.append([event(at_ms=began) for _ in range(5)], no_fold)

    told = stores.search.search(EventFilter(from_ms=began, to_ms=began))
    assert len(told.events) == 15


@pytest.mark.parametrize("stores", ["sqlite", "postgres"], indirect=True)
def test_events_are_found_below_cursors_that_were_given_in_vain(stores, monkeypatch):
    """However many: the newest event is looked for further back."""
    monkeypatch.setattr("app.storage.sql.looking.SPAN", 7)
    stores.events.append([event() for _ in range(3)], no_fold)
    statement = "UPDATE meta SET value = value + 100 WHERE key = 'cursor'"
    stores.events._database.write(lambda connection: connection.exec_driver_sql(statement))

    assert [each.cursor for each in stores.search.search(EventFilter()).events] == [3, 2, 1]


def test_the_index_leads_to_what_came_late(sqlite_url: str):
    """Nothing else is gone through, of a table that nobody has gathered statistics of."""
    with closing(Database(sqlite_url)) as database:
        late = select(events.c.cursor).where(LATE, events.c.cursor > 5, events.c.cursor < 9).order_by(events.c.cursor)
        text = str(late.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}))
        plan = database.read(lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())
    assert [step.detail for step in plan] == ["SEARCH events USING INDEX ix_events_late_cursor (cursor>? AND cursor<?)"]


def test_others_events_are_not_gone_through_on_postgres(postgres_url: str):
    """Neither where a job has much of a partition, and nothing in its latter half, of which Postgres knows nothing."""
    half = 60_000
    with closing(Database(postgres_url)) as database:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        database.write(partial(_fill, half=half))
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        stated: list[tuple[str, Any]] = []

        def note(*arguments: Any) -> None:
            stated.append((arguments[2], arguments[3]))

        database.read(lambda connection: engine_event.listen(connection.engine, "before_cursor_execute", note))
        found = SqlSearchStore(database).search(EventFilter(job_id="run", types=("item_scraped",)), limit=50)

        passed = [_passed_over(database, *each) for each in list(stated) if "events" in each[0]]
    assert [each.cursor for each in found.events][:2] == [half, half - 2]
    assert sum(passed) < half / 10


def _fill(connection: Connection, half: int) -> None:
    """A job with each second event up to there, and another with all others and as many more."""
    for key, id_ in ((1, "run"), (2, "other")):
        connection.exec_driver_sql(
            "INSERT INTO jobs (key, id, sender_id, tags, config, status, attempt, items, errors, created_at,"
            " last_event_at, totals, first_cursor, last_cursor)"
            " VALUES (%s, %s, 1, '[]', '{}', 'running', 1, 0, 0, 1, 1, '{}', 1, %s)",
            (key, id_, 2 * half),
        )
    connection.exec_driver_sql(
        "INSERT INTO events (cursor, job_key, type, at_ms, received_ms, flags, data)"
        " SELECT n, CASE WHEN n <= %s AND n %% 2 = 0 THEN 1 ELSE 2 END, 'item_scraped', n, n, 0, '{}'"
        " FROM generate_series(1, %s) n",
        (half, 2 * half),
    )


def _passed_over(database: Database, statement: str, values: Any) -> int:
    """How many rows a statement looks at in vain."""
    explained = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}"
    plan = database.read(lambda connection: connection.exec_driver_sql(explained, values).scalars().all())
    return sum(int(line.rpartition(":")[2]) for line in plan if "Rows Removed by" in line)
