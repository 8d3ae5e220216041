"""Error groups in SQL; see `app.storage.base_groups`."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from app.storage.base_groups import OTHERS, Course, ErrorGroup, Mute, Sighting
from app.storage.base_keeping import Ages
from app.storage.grouping import Key, grown, key_of
from app.storage.sql.conditions_jobs import is_text
from app.storage.sql.database import Database
from app.storage.sql.events_tables import jobs
from app.storage.sql.groups_tables import error_groups, muted_errors
from app.storage.sql.inserts import insert_rows
from app.storage.sql.watermarks import moved, stands_at

MARK: Final = "grouped"
_COLUMNS: Final = tuple(column.name for column in error_groups.c)
_PUT: Final = (
    f"INSERT INTO error_groups ({', '.join(_COLUMNS)}) VALUES",
    "ON CONFLICT (job_key, fingerprint) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ("first_ms", "last_ms", "count", "sample", "course")),
)
_MUTE: Final = (
    "INSERT INTO muted_errors (source, query, fingerprint, muted_by, muted_at) VALUES",
    "ON CONFLICT (source, query, fingerprint) DO UPDATE SET muted_by = excluded.muted_by, muted_at = excluded.muted_at",
)


class _Run(NamedTuple):
    """A job and the names of its spider, "" for none."""

    key: int
    source: str
    query: str


class SqlGroupStore:
    """The `GroupStore` beside the events of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def grouped(self) -> int:
        """See `GroupStore`."""
        return self._database.read(partial(stands_at, key=MARK))

    def group(self, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
        """See `GroupStore`."""
        return self._database.write(partial(_group, sightings=sightings, after=after, upto=upto))

    def of_job(self, job_id: str, limit: int = 200) -> list[ErrorGroup]:
        """See `GroupStore`."""
        order = (error_groups.c.count.desc(), error_groups.c.last_ms.desc(), error_groups.c.fingerprint)
        return self._of(job_id, select(error_groups).order_by(*order).limit(limit))

    def one(self, job_id: str, fingerprint: str) -> ErrorGroup | None:
        """See `GroupStore`."""
        found = self._of(job_id, select(error_groups).where(error_groups.c.fingerprint == fingerprint))
        return found[0] if found else None

    def _of(self, job_id: str, query: Select[Any]) -> list[ErrorGroup]:
        def read(connection: Connection) -> list[ErrorGroup]:
            run = _run(connection, job_id)
            return [] if run is None else _read(connection, run, query)

        return self._database.read(read)

    def mute(self, job_id: str, fingerprint: str, mute: Mute) -> bool:
        """See `GroupStore`."""

        def write(connection: Connection) -> bool:
            run = _run(connection, job_id)
            if run is None:
                return False
            insert_rows(connection, _MUTE, [(run.source, run.query, fingerprint, mute.by, mute.at_ms)])
            return True

        return self._database.write(write)

    def unmute(self, job_id: str, fingerprint: str) -> bool:
        """See `GroupStore`."""

        def write(connection: Connection) -> bool:
            run = _run(connection, job_id)
            return run is not None and bool(
                connection.execute(delete(muted_errors).where(*_mute_of(run, fingerprint))).rowcount
            )

        return self._database.write(write)

    def forget(self, ages: Ages, limit: int) -> int:
        """See `GroupStore`."""
        keys = (error_groups.c.job_key, error_groups.c.fingerprint)
        troubled = jobs.c.status.in_(ages.troubled) & (error_groups.c.last_ms >= ages.troubled_ms)
        kept = exists().where(jobs.c.key == error_groups.c.job_key, or_(jobs.c.pinned, troubled))
        old = select(*keys).where(error_groups.c.last_ms < ages.events_ms, not_(kept)).limit(limit)
        if not self._database.read(lambda connection: connection.execute(old.limit(1)).first()):
            return 0
        statement = delete(error_groups).where(tuple_(*keys).in_(old))
        return self._database.write(lambda connection: connection.execute(statement).rowcount)


def _run(connection: Connection, job_id: str) -> _Run | None:
    row = connection.execute(select(jobs.c.key, jobs.c.source, jobs.c.query).where(jobs.c.id == job_id)).one_or_none()
    return None if row is None else _Run(row.key, row.source or "", row.query or "")


def _group(connection: Connection, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
    if not moved(connection, MARK, after, upto):
        return False
    wanted = {seen.job_key for seen in sightings}
    there = set(connection.scalars(select(jobs.c.key).where(jobs.c.key.in_(wanted))))
    seen = [each for each in sightings if each.job_key in there]
    if seen:
        keys = {key_of(each) for each in seen} | {(job_key, OTHERS) for job_key in there}
        rows = connection.execute(select(error_groups).where(_any_of(keys)))
        held = {(row.job_key, row.fingerprint): group_of(row) for row in rows}
        sizes = select(error_groups.c.job_key, func.count()).where(error_groups.c.job_key.in_(there))
        counted: dict[int, int] = dict(connection.execute(sizes.group_by(error_groups.c.job_key)).all())
        insert_rows(connection, _PUT, [group_row(group) for group in grown(held, counted, seen).values()])
    return True


def _any_of(keys: set[Key]) -> ColumnElement[bool]:
    return tuple_(error_groups.c.job_key, error_groups.c.fingerprint).in_(sorted(keys))


def _read(connection: Connection, run: _Run, query: Select[Any]) -> list[ErrorGroup]:
    """The groups of a job with what the runs of its spider and the mutes say of them."""
    groups = query.where(error_groups.c.job_key == run.key).subquery()
    earlier = and_(jobs.c.key < run.key, is_text(jobs.c.source, run.source), is_text(jobs.c.query, run.query))
    has_run = bool(run.source or run.query) and connection.scalar(select(exists().where(earlier)))
    other = error_groups.alias()
    known = exists().where(
        other.c.fingerprint == groups.c.fingerprint, other.c.job_key < run.key, jobs.c.key == other.c.job_key, earlier
    )
    known_column = (known if has_run else literal(value=True)).label("known")
    mute = _mute_of(run, groups.c.fingerprint)
    query = select(groups, known_column, muted_errors.c.muted_by, muted_errors.c.muted_at)
    rows = connection.execute(query.outerjoin(muted_errors, and_(*mute)))
    found = [group_of(row, new=not row.known, muted=_muted(row)) for row in rows]
    return sorted(found, key=lambda group: (-group.count, -group.last_ms, group.fingerprint))


def _muted(row: Any) -> Mute | None:
    return None if row.muted_by is None else Mute(row.muted_by, row.muted_at)


def _mute_of(run: _Run, fingerprint: str | ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        muted_errors.c.source == run.source,
        muted_errors.c.query == run.query,
        muted_errors.c.fingerprint == fingerprint,
    )


def group_row(group: ErrorGroup) -> tuple[object, ...]:
    """All columns of a group."""
    values = {name: getattr(group, name) for name in _COLUMNS}
    return tuple({**values, "course": msgspec.json.encode(group.course).decode()}.values())


def group_of(row: Any, *, new: bool = False, muted: Mute | None = None) -> ErrorGroup:
    """The record of a row."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    return ErrorGroup(**{**values, "course": msgspec.json.decode(row.course, type=Course)}, new=new, muted=muted)
