"""The numbers of jobs that SQL stores keep."""

import pytest
from sqlalchemy import text

from app.storage.base import JobFilter
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE job_totals SET count = count - 5",
        "DELETE FROM job_totals",
        "INSERT INTO job_totals (status, count) VALUES ('lost', 3)",
    ],
)
def test_wrong_numbers_are_made_right(database_url: str, change: str):
    """By the clean-up, whatever an older version beside a migration has left of them."""
    database = Database(database_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    store = SqlEventStore(database, StoppedClock(), merge_points)
    store.append([event("job_started", job_id) for job_id in ("a", "b")], jobs_fold)
    database.write(lambda connection: connection.execute(text(change)))
    assert store.job_counts(JobFilter()) != {"running": 2}

    store.prune(events_before_ms=0, logs_before_ms=0, limit=9)

    assert store.job_counts(JobFilter()) == {"running": 2}
    database.close()
