"""Which rows a look at the events takes in."""

from dataclasses import replace

from app.storage.base import EventFilter
from app.storage.base_levels import Levels
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.searching import SqlSearchStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, event, no_fold
from tests.storage.test_search_stores import log


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
