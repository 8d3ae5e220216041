"""How much SQLite or Postgres holds, and SQLite's space given back to the disk.

A file of SQLite's keeps the pages of deleted rows for later ones; only one that was made with `auto_vacuum` can give
them back bit by bit. Postgres cleans up by itself and keeps its files for later rows, but for those of partitions.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, exc, func, or_, select

from app.core.clock import Clock
from app.storage.base_keeping import Ages
from app.storage.base_series import STEPS_MS, oldest_of
from app.storage.base_series import edges as steps_edges
from app.storage.base_upkeep import Edges, Held, Kind
from app.storage.sql import texts
from app.storage.sql.conditions import of_types
from app.storage.sql.database import Database
from app.storage.sql.dropping import going
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.keeping import is_kept, receipts
from app.storage.sql.pace import Pace
from app.storage.sql.series_tables import buckets

MEASURED_BYTES: Final = 1 << 30
"""To learn how large its tables are, SQLite must read all of a file: it is done up to this size."""
_PAGES: Final = 256
"""The most that one transaction gives back."""
_SPARE: Final = 32
"""One page of so many stays for the rows that come next, or the file would shrink and grow all day."""
_INCREMENTAL: Final = 2
_OF: Final[dict[Kind, tuple[str, ...]]] = {
    "events": ("events", "event_keys", "event_chunks", texts.TABLE),
    "series": ("buckets", "series"),
    "jobs": ("jobs",),
}


class _Kept(NamedTuple):
    """How many events stay in spite of their age, and why; see `Held`."""

    pinned: int
    failed: int


class SqlUpkeep:
    """See `Upkeep`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pace = Pace(clock)

    def held(self, edges: Edges) -> list[Held]:
        """See `Upkeep`."""
        now_ms = self._clock.now_ms()
        rows = self._database.read(lambda connection: _held(connection, edges, now_ms), long=True)
        sizes = self._database.read(_sqlite_sizes if self._database.is_sqlite else _postgres_sizes)
        return [held._replace(size_bytes=_size(sizes, held.kind)) for held in rows]

    def give_back(self) -> int:
        """See `Upkeep`."""
        if not self._database.is_sqlite or not self._database.read(_left):
            return 0
        return self._database.write(self._pace.timed(_shrink))


def _held(connection: Connection, edges: Edges, now_ms: int) -> list[Held]:
    is_log = of_types(("log",))
    old = going(connection, edges.ages, now_ms)
    last_before = receipts(connection, edges.ages).last_before
    end = max(old.floor, last_before(old.ages.events_ms))
    logs_end = max(end, last_before(old.ages.logs_ms))
    old_buckets = (
        (buckets.c.step_ms == step_ms) & (buckets.c.at_ms < edge_ms)
        for step_ms, edge_ms in steps_edges(
            raw_before_ms=edges.raw_ms, minutes_before_ms=edges.minutes_ms, hours_before_ms=edges.hours_ms
        ).items()
    )
    logs, all_events = [*is_log, events.c.cursor <= logs_end], [events.c.cursor <= end]
    kept_logs = _kept(connection, edges.ages, logs)
    kept_others = _kept(connection, edges.ages, [*all_events, events.c.type != "log"])
    kept = _Kept(*map(sum, zip(kept_logs, kept_others, strict=True)))
    logs_going = _count(connection, events, *logs)
    other_going = _count(connection, events, *all_events, events.c.type != "log")
    first_event = select(events.c.received_ms).order_by(events.c.cursor).limit(1)
    first_log = connection.scalar(first_event.where(*is_log))
    return [
        _told("events", _count(connection, events), connection.scalar(first_event), other_going + logs_going, kept),
        _told("logs", _count(connection, events, *is_log), first_log, logs_going, kept_logs),
        Held(
            "series",
            _count(connection, buckets),
            _first_bucket(connection),
            None,
            sum(_count(connection, buckets, each) for each in old_buckets),
        ),
        Held("jobs", _count(connection, jobs), connection.scalar(select(func.min(jobs.c.created_at))), None, 0),
    ]


def _told(kind: Kind, rows: int, oldest_ms: int | None, old: int, kept: _Kept) -> Held:
    return Held(kind, rows, oldest_ms, None, old - kept.pinned - kept.failed, kept.pinned, kept.failed)


def _kept(connection: Connection, ages: Ages, old: Sequence[ColumnElement[bool]]) -> _Kept:
    """How many of the events that are `old` stay, since their job is pinned or went wrong not too long ago."""
    failed_end = receipts(connection, ages).last_before(ages.troubled_ms)
    failed = (jobs.c.status.in_(ages.troubled), events.c.cursor > failed_end)
    found = select(jobs.c.pinned, func.count()).join(events, events.c.job_key == jobs.c.key)
    found = found.where(*old, is_kept(troubled=ages.troubled), or_(jobs.c.pinned, and_(*failed)))
    counts: dict[bool, int] = dict(connection.execute(found.group_by(jobs.c.pinned)).all())
    return _Kept(counts.get(True, 0), counts.get(False, 0))


def _first_bucket(connection: Connection) -> int | None:
    """By the index, which begins with the resolution."""
    return oldest_of(
        [connection.scalar(select(func.min(buckets.c.at_ms)).where(buckets.c.step_ms == step)) for step in STEPS_MS]
    )


def _count(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    found: int = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    return found


def _size(sizes: Mapping[str, int] | None, kind: Kind) -> int | None:
    if sizes is None or kind not in _OF:
        return None
    return sum(size for table, size in sizes.items() if table.startswith(_OF[kind]))


def _sqlite_sizes(connection: Connection) -> dict[str, int] | None:
    """Bytes by table, those of its indexes included; None where this SQLite can't tell or it would take long."""
    ask = connection.exec_driver_sql
    if ask("PRAGMA page_count").scalar_one() * ask("PRAGMA page_size").scalar_one() > MEASURED_BYTES:
        return None
    try:
        rows = ask("SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name GROUP BY 1")
        return {str(table): int(size) for table, size in rows}
    except exc.OperationalError:  # compiled without dbstat
        return None


def _postgres_sizes(connection: Connection) -> dict[str, int]:
    rows = connection.exec_driver_sql(
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    return {str(table): int(size) for table, size in rows}


def _left(connection: Connection) -> bool:
    """Whether there is more free than is kept, in a file that can give back bit by bit."""
    ask = connection.exec_driver_sql
    if ask("PRAGMA auto_vacuum").scalar_one() != _INCREMENTAL:
        return False
    free = ask("PRAGMA freelist_count").scalar_one()
    return bool(free > ask("PRAGMA page_count").scalar_one() // _SPARE)


def _shrink(connection: Connection, share: float) -> int:
    ask = connection.exec_driver_sql
    before = ask("PRAGMA page_count").scalar_one()
    for _ in range(
        max(1, int(_PAGES * share))
    ):  # one by one: it gives a page back as its row is read, and has none that Python would read
        ask("PRAGMA incremental_vacuum(1)")
    return int((before - ask("PRAGMA page_count").scalar_one()) * ask("PRAGMA page_size").scalar_one())
