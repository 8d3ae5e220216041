"""The write path of events: one batch, whoever sent it, inside one transaction of the writer's.

1. Take a run of cursors by moving the counter's row. On Postgres that row stays locked until the commit, so that
   cursors become visible in the order of their commits, also when several processes write.
2. Load the batch's jobs, making rows for unknown ones; refuse events for a job of another sender.
3. Claim the keys of events that carry an id; what was claimed before is a duplicate, or an `id_conflict`.
4. Fold what is new into the jobs, then write events, jobs and points.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from app.core.clock import Clock
from app.storage.base import Commit, Event, Fold, Job, Outcome, Point
from app.storage.sql.events_tables import jobs as jobs_table
from app.storage.sql.rows import job_of, job_values

MergePoints = Callable[[Connection, Iterable[Point]], None]

STORED = Outcome("stored")
DUPLICATE = Outcome("duplicate")
FORBIDDEN = Outcome("refused", "forbidden_job", "jobId")
CONFLICT = Outcome("refused", "id_conflict", "id")

_TAKE = "UPDATE meta SET value = value + {n} WHERE key = 'cursor' RETURNING value"
_COLUMNS = (
    "cursor", "job_key", "sender_id", "type", "at_ms", "received_ms", "prev",
    "id", "seq", "epoch", "replay", "flags", "level", "digest", "data",
)  # fmt: skip
_UPDATE_JOB = update(jobs_table).where(jobs_table.c.key == bindparam("b_key"))


class Append:
    """Appends batches; holds nothing but what it was given."""

    def __init__(self, fold: Fold, clock: Clock, merge: MergePoints, *, sqlite: bool) -> None:
        self._fold = fold
        self._clock = clock
        self._merge = merge
        self._write = _SqliteRows() if sqlite else _PostgresRows()

    def __call__(self, connection: Connection, events: Sequence[Event]) -> Commit:
        """Run the four steps; see the module."""
        last = connection.exec_driver_sql(_TAKE.format(n=len(events))).scalar_one()
        now_ms = self._clock.now_ms()
        for cursor, event in enumerate(events, last - len(events) + 1):
            event.cursor = cursor
            event.received_ms = now_ms
        jobs = _load_jobs(connection, events, now_ms)
        outcomes = [self._permit(event, jobs) for event in events]
        self._claim(connection, events, jobs, outcomes)
        new = [event for event, outcome in zip(events, outcomes, strict=True) if outcome is STORED]
        if not new:
            return Commit(outcomes, [], [], last)
        prev = connection.exec_driver_sql("SELECT max(cursor) FROM events").scalar() or 0
        changed = {event.job_id: jobs[event.job_id] for event in new if event.job_id}
        points = self._fold(_chained(new, jobs), changed)
        self._write.events(connection, [_row(event, jobs) for event in new])
        if changed:
            connection.execute(_UPDATE_JOB, [{"b_key": job.key, **job_values(job)} for job in changed.values()])
        self._merge(connection, points)
        return Commit(outcomes, new, list(changed.values()), prev)

    @staticmethod
    def _permit(event: Event, jobs: Mapping[str, Job]) -> Outcome:
        foreign = event.job_id and jobs[event.job_id].sender_id != event.sender_id
        return FORBIDDEN if foreign else STORED

    def _claim(
        self, connection: Connection, events: Sequence[Event], jobs: Mapping[str, Job], outcomes: list[Outcome]
    ) -> None:
        """Turn the outcome of every event whose key is taken from stored into duplicate or conflict."""
        claims = {
            position: (_owner(event, jobs), event.id, event.cursor, event.digest)
            for position, event in enumerate(events)
            if event.id is not None and outcomes[position] is STORED
        }
        if not claims or self._write.keys(connection, list(claims.values())) == len(claims):
            return
        held = self._write.held(connection, [(owner, id_) for owner, id_, _, _ in claims.values()])
        for position, (owner, id_, cursor, digest) in claims.items():
            holder, known = held[owner, id_]
            if holder != cursor:
                outcomes[position] = DUPLICATE if known == digest else CONFLICT


def _owner(event: Event, jobs: Mapping[str, Job]) -> int:
    return jobs[event.job_id].key if event.job_id else -event.sender_id


def _chained(events: list[Event], jobs: Mapping[str, Job]) -> list[Event]:
    """Link each event to its job's one before, so that a reader of one job can see a gap."""
    for event in events:
        if event.job_id:
            job = jobs[event.job_id]
            event.prev, job.last_cursor = job.last_cursor, event.cursor
    return events


def _load_jobs(connection: Connection, events: Sequence[Event], now_ms: int) -> dict[str, Job]:
    """Every job named in the batch; an unknown one is made and belongs to the sender of its first event."""
    first = {event.job_id: event for event in reversed(events) if event.job_id}
    known = select(jobs_table).where(jobs_table.c.id.in_(first))
    jobs = {row.id: job_of(row) for row in connection.execute(known)} if first else {}
    for job_id in sorted(first.keys() - jobs.keys(), key=lambda name: first[name].cursor):
        job = Job(id=job_id, sender_id=first[job_id].sender_id, created_at=now_ms, last_event_at=now_ms)
        values = {"id": job.id, "sender_id": job.sender_id, "created_at": now_ms, **job_values(job)}
        job.key = connection.execute(insert(jobs_table).values(**values).returning(jobs_table.c.key)).scalar_one()
        jobs[job_id] = job
    return jobs


def _row(event: Event, jobs: Mapping[str, Job]) -> tuple[object, ...]:
    return (
        event.cursor, jobs[event.job_id].key if event.job_id else 0, event.sender_id, event.type, event.at_ms,
        event.received_ms, event.prev, event.id, event.seq, event.epoch, event.replay, event.flags, event.level,
        event.digest, event.data,
    )  # fmt: skip


class _SqliteRows:
    """One statement a few hundred rows: binding and stepping in one call costs half of `executemany`."""

    _AT_ONCE = 200

    def events(self, connection: Connection, rows: list[tuple[object, ...]]) -> None:
        self._insert(connection, f"INSERT INTO events ({', '.join(_COLUMNS)})", "", rows)

    def keys(self, connection: Connection, rows: list[tuple[object, ...]]) -> int:
        head = "INSERT INTO event_keys (owner, id, cursor, digest)"
        return self._insert(connection, head, " ON CONFLICT DO NOTHING", rows)

    def held(self, connection: Connection, keys: list[tuple[int, bytes]]) -> dict[tuple[int, bytes], tuple[int, bytes]]:
        found = {}
        for owner, id_ in keys:
            row = connection.exec_driver_sql(
                "SELECT cursor, digest FROM event_keys WHERE owner = ? AND id = ?", (owner, id_)
            ).one()
            found[owner, id_] = (row.cursor, row.digest)
        return found

    def _insert(self, connection: Connection, head: str, tail: str, rows: list[tuple[object, ...]]) -> int:
        written = 0
        one = f"({', '.join('?' * len(rows[0]))})"
        for start in range(0, len(rows), self._AT_ONCE):
            some = rows[start : start + self._AT_ONCE]
            statement = f"{head} VALUES {', '.join([one] * len(some))}{tail}"
            flat = tuple(value for row in some for value in row)
            written += connection.exec_driver_sql(statement, flat).rowcount
        return written


class _PostgresRows:
    """The whole batch as one JSON argument: psycopg's adaptation of single values costs more than the insert."""

    _EVENTS = (  # noqa: S608  (made of constants)
        "INSERT INTO events ({names}) SELECT cursor, job_key, sender_id, type, at_ms, received_ms, prev,"
        " decode(id, 'hex'), seq, decode(epoch, 'hex'), replay, flags, level, decode(digest, 'hex'), data"
        " FROM json_to_recordset(%s) AS r(cursor bigint, job_key bigint, sender_id int, type text, at_ms bigint,"
        " received_ms bigint, prev bigint, id text, seq bigint, epoch text, replay boolean, flags smallint,"
        " level smallint, digest text, data text)"
    ).format(names=", ".join(_COLUMNS))
    _KEYS = (
        "INSERT INTO event_keys (owner, id, cursor, digest)"
        " SELECT owner, decode(id, 'hex'), cursor, decode(digest, 'hex')"
        " FROM json_to_recordset(%s) AS r(owner bigint, id text, cursor bigint, digest text) ON CONFLICT DO NOTHING"
    )
    _HELD = (
        "SELECT k.owner, k.id, k.cursor, k.digest FROM event_keys k JOIN"
        " (SELECT DISTINCT owner, decode(id, 'hex') AS id FROM json_to_recordset(%s) AS r(owner bigint, id text)) w"
        " ON k.owner = w.owner AND k.id = w.id"
    )

    def events(self, connection: Connection, rows: list[tuple[object, ...]]) -> None:
        connection.exec_driver_sql(self._EVENTS, (_json(_COLUMNS, rows),))

    def keys(self, connection: Connection, rows: list[tuple[object, ...]]) -> int:
        return connection.exec_driver_sql(self._KEYS, (_json(("owner", "id", "cursor", "digest"), rows),)).rowcount

    def held(self, connection: Connection, keys: list[tuple[int, bytes]]) -> dict[tuple[int, bytes], tuple[int, bytes]]:
        rows = connection.exec_driver_sql(self._HELD, (_json(("owner", "id"), keys),))
        return {(row.owner, bytes(row.id)): (row.cursor, bytes(row.digest)) for row in rows}


def _json(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> str:
    hexed = [
        {name: value.hex() if isinstance(value, bytes) else value for name, value in zip(names, row, strict=True)}
        for row in rows
    ]
    return msgspec.json.encode(hexed).decode()
