"""Lists and numbers of jobs, which take no longer however many there are that nobody asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Select, Table, Text, func, select, union_all

from app.storage.base import Job, JobFilter
from app.storage.base_runs import Run, Spider
from app.storage.sql.conditions_jobs import among, job_conditions, rest_conditions
from app.storage.sql.events_tables import jobs
from app.storage.sql.inserts import insert_rows
from app.storage.sql.metadata import metadata
from app.storage.sql.rows import JOBS, job_of

job_totals: Final = Table(
    "job_totals",
    metadata,
    Column("status", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How many jobs there are, kept by every change: counting a million takes a tenth of a second."""

_RARE: Final = frozenset({"queued", "running", "stalled", "lost"})
"""The statuses of jobs that have not ended."""

_COUNT: Final = (
    "INSERT INTO job_totals (status, count) VALUES",
    "ON CONFLICT (status) DO UPDATE SET count = job_totals.count + excluded.count",
)


_JOINED_SQLITE: Final = "group_concat(status, ' '), group_concat(items, ' ')"
"""In the order in which the rows come, the newest first; SQLite before 3.44 can't be told one."""

_JOINED_POSTGRES: Final = "string_agg(status, ' ' ORDER BY key DESC), string_agg(items::text, ' ' ORDER BY key DESC)"


def list_jobs(connection: Connection, wanted: JobFilter, before: int | None, limit: int) -> list[Job]:
    """See `EventStore.jobs`."""
    # To build it takes as long as to run it; what is asked for again and again is what has no number or time in it.
    is_usual = before is None and replace(wanted, statuses=(), source=None) == JobFilter()
    query = (_usual if is_usual else _newest)(wanted, before, limit)
    return [job_of(row) for row in connection.execute(query)]


def _newest(wanted: JobFilter, before: int | None, limit: int) -> Select[Any]:
    """One walk along an index, whatever is asked.

    Of several statuses the newest of each, then of all: an index has them one by one, and together not in order. Not
    so of jobs that have ended and must meet more: those are nearly all there are, and another index may lead to them.
    """
    shared = [*(among(wanted.of) if wanted.of is not None else []), *rest_conditions(wanted)]
    if len(wanted.statuses) < 2:
        return _page(JOBS.where(*job_conditions(wanted)), before, limit)
    if shared and not _RARE.issuperset(wanted.statuses):
        status = jobs.c.status.concat("")  # so that the index of statuses is left alone
        return _page(JOBS.where(status.in_(wanted.statuses), *shared), before, limit)
    if wanted.source is not None:  # those of a source are many, those that are open are few
        shared = [jobs.c.source.concat("") == wanted.source, *rest_conditions(replace(wanted, source=None))]
        shared += among(wanted.of) if wanted.of is not None else []
    each = (
        select(_page(select(jobs.c.key).where(jobs.c.status == status, *shared), before, limit).subquery().c.key)
        for status in wanted.statuses
    )
    return _page(JOBS.where(jobs.c.key.in_(union_all(*each))), None, limit)


_usual: Final = lru_cache(64)(_newest)


def _page(query: Select[Any], before: int | None, limit: int) -> Select[Any]:
    if before is not None:
        query = query.where(jobs.c.key < before)
    return query.order_by(jobs.c.key.desc()).limit(limit)


def list_runs(connection: Connection, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
    """See `EventStore.latest_runs`; one statement, a look into the index of spiders for each."""
    found: dict[Spider, list[Run]] = {spider: [] for spider in spiders}
    if not found:
        return found
    mark, joined = ("?", _JOINED_SQLITE) if connection.dialect.name == "sqlite" else ("%s", _JOINED_POSTGRES)
    each = (_runs_of(place, spider, limit, mark, joined) for place, spider in enumerate(found))
    values = tuple(name for spider in found for name in spider if name is not None)
    by_place = list(found.values())
    # A row a spider: of each row of a list there are thirty runs, and to fetch them one by one takes longer.
    for place, statuses, items in connection.exec_driver_sql(" UNION ALL ".join(each), values).cursor.fetchall():
        if statuses is not None:  # of a spider without a run, which is a row of nothing
            by_place[place] += map(Run, statuses.split(), map(int, items.split()))
    return found


def _runs_of(place: int, spider: Spider, limit: int, mark: str, joined: str) -> str:
    source, query = ("IS NULL" if name is None else f"= {mark}" for name in spider)
    return (
        f"SELECT {place} AS place, {joined} FROM (SELECT key, status, items FROM jobs"  # noqa: S608  (numbers and marks)
        f" WHERE source {source} AND query {query} ORDER BY key DESC LIMIT {limit}) AS runs"
    )


def count_jobs_by_status(connection: Connection, wanted: JobFilter, most: int | None) -> dict[str, int]:
    """See `EventStore.job_counts`."""
    if most is None and wanted == JobFilter():
        found = connection.execute(select(job_totals.c.status, job_totals.c.count).where(job_totals.c.count > 0))
        return dict(found.all())
    newest = select(jobs.c.status).where(*job_conditions(wanted)).order_by(jobs.c.key.desc()).limit(most).subquery()
    return dict(connection.execute(select(newest.c.status, func.count()).group_by(newest.c.status)).all())


def count_changes(connection: Connection, changes: Mapping[str, int]) -> None:
    """So many jobs more, or less, have these statuses; sorted, so that two writers lock rows in the same order."""
    insert_rows(connection, _COUNT, [(status, change) for status, change in sorted(changes.items()) if change])


def miscounted(connection: Connection) -> dict[str, int]:
    """By how much the numbers are wrong, by status: a server of a version without them may have run beside a migration.

    One statement, so that both are of one moment; what is added to them makes them right whatever happens meanwhile.
    """
    counted = select(jobs.c.status, func.count().label("count")).group_by(jobs.c.status)
    both = union_all(counted, select(job_totals.c.status, -job_totals.c.count)).subquery()
    missing = func.sum(both.c.count)
    found = connection.execute(select(both.c.status, missing).group_by(both.c.status).having(missing != 0))
    return {status: int(count) for status, count in found}
