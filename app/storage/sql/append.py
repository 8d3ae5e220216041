"""The write path of events: one batch, whoever sent it, inside one transaction of the writer's.

1. Take a run of cursors by moving the counter's row. On Postgres that row stays locked until the commit, so that
   cursors become visible in the order of their commits, also when several processes write.
2. Load the batch's jobs, making rows for unknown ones; refuse events for a job of another sender.
3. Insert the events, passing over those whose (job, id) is taken: who holds it says whether they are duplicates or
   conflicts.
4. Fold what is new into the jobs, then write jobs, points and tallies, and the flags that the fold has set.

Nearly always all of a batch is new, and of one sender; then nothing here is done event by event but for its row.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from operator import attrgetter

from sqlalchemy import Connection, bindparam, select, update

from app.core.clock import Clock
from app.storage.base import Commit, Event, Fold, Job, Outcome, Tallies
from app.storage.base_series import Point
from app.storage.sql.append_jobs import load_jobs, write_jobs
from app.storage.sql.events_rows import PostgresRows, SqliteRows
from app.storage.sql.events_tables import events as events_table
from app.storage.sql.inserts import insert_rows

MergePoints = Callable[[Connection, Sequence[Point]], None]

STORED = Outcome("stored")
DUPLICATE = Outcome("duplicate")
FORBIDDEN = Outcome("refused", "forbidden_job", "jobId")
CONFLICT = Outcome("refused", "id_conflict", "id")

_TAKE = "UPDATE meta SET value = value + {n} WHERE key = 'cursor' RETURNING value"
_UPDATE_FLAGS = update(events_table).where(events_table.c.cursor == bindparam("b_cursor"))
_COUNT = (
    "INSERT INTO tallies (sender_id, outcome, code, count) VALUES",
    "ON CONFLICT (sender_id, outcome, code) DO UPDATE SET count = tallies.count + excluded.count",
)
_sender_of = attrgetter("sender_id")
_job_of = attrgetter("job_id")


class Append:
    """Appends batches; holds nothing but what it was given."""

    def __init__(self, fold: Fold, clock: Clock, merge: MergePoints, rows: SqliteRows | PostgresRows) -> None:
        self._fold = fold
        self._clock = clock
        self._merge = merge
        self._rows = rows

    def __call__(self, connection: Connection, events: Sequence[Event], refused: Tallies, prev: int) -> Commit:
        """Run the four steps; see the module. `prev` is the newest event's cursor, 0 if that is not known."""
        if not events:
            _count(connection, refused)
            return Commit([], [], [], 0)
        now_ms = self._clock.now_ms()
        last: int = connection.exec_driver_sql(_TAKE.format(n=len(events))).scalar_one()
        loaded = load_jobs(connection, events, now_ms)
        jobs = loaded.jobs
        outcomes = _permit(events, jobs)
        keys = {job_id: job.key for job_id, job in jobs.items()}
        for cursor, event in enumerate(events, last - len(events) + 1):
            event.cursor, event.received_ms = cursor, now_ms
            event.job_key = keys.get(event.job_id) or -event.sender_id
        prev = prev or connection.exec_driver_sql("SELECT max(cursor) FROM events").scalar() or 0
        new = self._insert(connection, events, outcomes)
        _count(connection, _tallies(events, outcomes, refused))
        if not new:
            return Commit(outcomes, [], [], last)
        changed = {job_id: jobs[job_id] for job_id in dict.fromkeys(map(_job_of, new)) if job_id}
        tails = {job_id: job.last_cursor for job_id, job in changed.items()}
        commit = Commit(outcomes, new, list(changed.values()), prev, tails)
        self._apply(connection, commit, changed)
        write_jobs(connection, changed, loaded)
        return commit

    def undone(self) -> None:
        """What was done since may have been undone with the transaction, or back to a savepoint."""
        self._rows.undone()

    def _insert(self, connection: Connection, events: Sequence[Event], outcomes: list[Outcome]) -> list[Event]:
        """Insert what is permitted and return what is new; `outcomes` learn of the rest."""
        permitted = _stored(events, outcomes)
        if not permitted or self._rows.insert(connection, permitted) == len(permitted):
            return permitted
        span = events_table.c.cursor.between(events[0].cursor, events[-1].cursor)
        written = set(connection.scalars(select(events_table.c.cursor).where(span)))
        held = self._rows.held(
            connection, [(event.job_key, event.id) for event in permitted if event.id and event.cursor not in written]
        )
        for position, event in enumerate(events):
            if outcomes[position] is STORED and event.cursor not in written:
                known = held[event.job_key, event.id or b""]
                outcomes[position] = DUPLICATE if known in {None, event.digest} else CONFLICT
        return _stored(events, outcomes)

    def _apply(self, connection: Connection, commit: Commit, changed: Mapping[str, Job]) -> None:
        """Let the new events change their jobs and series."""
        last = {event.job_id: event for event in commit.events} if len(changed) > 1 else {}
        for job_id, job in changed.items():
            event = last.get(job_id) or next(event for event in reversed(commit.events) if event.job_id == job_id)
            job.last_cursor, job.origin = event.cursor, event.origin
        flags = [event.flags for event in commit.telling]
        points = self._fold(commit, changed)
        flagged = [event for event, before in zip(commit.telling, flags, strict=True) if event.flags != before]
        if flagged:
            connection.execute(_UPDATE_FLAGS, [{"b_cursor": event.cursor, "flags": event.flags} for event in flagged])
        self._merge(connection, points)
        _count(connection, commit.excess)


def _permit(events: Sequence[Event], jobs: Mapping[str, Job]) -> list[Outcome]:
    owners = {job_id: job.sender_id for job_id, job in jobs.items()}
    if len(set(map(_sender_of, events)) | set(owners.values())) == 1:
        return [STORED] * len(events)
    return [STORED if owners.get(event.job_id, event.sender_id) == event.sender_id else FORBIDDEN for event in events]


def _stored(events: Sequence[Event], outcomes: Sequence[Outcome]) -> list[Event]:
    if outcomes.count(STORED) == len(outcomes):
        return list(events)
    return list(compress(events, [outcome is STORED for outcome in outcomes]))


def _tallies(events: Sequence[Event], outcomes: Sequence[Outcome], refused: Tallies) -> Tallies:
    """`refused` and what became of `events`."""
    found = Counter(dict(refused))
    if outcomes.count(STORED) == len(outcomes):
        found.update({(sender_id, "stored", ""): n for sender_id, n in Counter(map(_sender_of, events)).items()})
        return found
    for event, outcome in zip(events, outcomes, strict=True):
        found[event.sender_id, "rejected" if outcome.code else outcome.state, outcome.code] += 1
    return found


def _count(connection: Connection, tallies: Tallies) -> None:
    """Add to the tallies; sorted, so that two writers lock rows in the same order."""
    insert_rows(connection, _COUNT, [(*key, count) for key, count in sorted(tallies.items())])
