"""The numbers of jobs that SQL stores keep."""

from collections.abc import Mapping

import pytest
from sqlalchemy import text

from app.storage.base import Commit, Job, JobFilter
from app.storage.base_keeping import Ages
from app.storage.base_series import Point
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

    store.prune(Ages(0, 0), limit=9)

    assert store.job_counts(JobFilter()) == {"running": 2}
    database.close()


def test_a_job_that_is_deleted_while_it_ends_is_counted_once(postgres_url: str):
    """By whoever deleted it: another process may, on Postgres, before a batch that read the job writes it."""
    database, other = Database(postgres_url), Database(postgres_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    store, deleting = (SqlEventStore(each, StoppedClock(), merge_points) for each in (database, other))
    store.append([event("job_started", job_id) for job_id in ("a", "b")], jobs_fold)

    def fold(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
        deleting.delete_job("a")
        return jobs_fold(commit, jobs)

    store.append([event("job_completed", job_id) for job_id in ("a", "b")], fold)

    assert store.job_counts(JobFilter()) == {"completed": 1}
    database.close()
    other.close()
