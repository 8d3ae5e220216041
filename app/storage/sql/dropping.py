"""Partitions of old events go as a whole, on Postgres, which costs little however much lies in them.

A partition goes when its newest event is old enough. One of which a part is old enough is waited for where that will
not take long; else, as on a server to which little is sent, what is old goes in slices. So where there are many events
the oldest stay up to a twelfth longer than they are to be kept.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import Connection, NullPool, create_engine

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base_keeping import Ages
from app.storage.sql import event_keys, partitions
from app.storage.sql.database import Database, translated
from app.storage.sql.keeping import keepers, receipts
from app.storage.sql.pace import Pace
from app.storage.sql.partitions import PARENTS, SHARE, Partition
from app.storage.sql.removal import note

log = logging.getLogger(__name__)

PATIENCE: Final = SHARE // 2
"""A partition is waited for if it spans no more than this part of the time for which events are kept."""
ALONE: Final = 7_261_735_927_003
"""The advisory lock of who lets partitions go."""
LOCK_MS: Final = 50
"""How long whoever reads or writes may wait behind a partition that waits for others to let go of it."""
TRIES: Final = 20
_GAP_S: Final = 0.25
_KEYS: Final = 4_000
"""Keys that one transaction takes: some 20 ms."""
_CHUNKS: Final = 500
"""The same of chunks of packed bodies."""
RETRY_MS: Final = 10 * 60_000
"""For how long one that somebody did not let go of is not asked for again; what is old goes row by row meanwhile."""
_CLEAR: Final = (
    "DELETE FROM event_chunks WHERE last_cursor IN (SELECT last_cursor FROM event_chunks"
    " WHERE last_cursor >= %s AND last_cursor < %s AND first_cursor >= %s ORDER BY last_cursor LIMIT %s)"
)
"""One that begins in a partition which stays holds bodies of rows there; it goes with the last of those."""
_LAST: Final = "SELECT value FROM meta WHERE key = 'cursor'"
_WITHIN: Final = "FROM events WHERE cursor >= %s AND cursor < %s"


class Going(NamedTuple):
    """What of the events is to go.

    Attributes:
        whole: partitions, in their order.
        ages: of all others, what was received before these times.
    """

    whole: Sequence[Partition]
    ages: Ages

    @property
    def floor(self) -> int:
        """The cursor up to which all goes, whatever the times."""
        return self.whole[-1].high - 1 if self.whole else 0


def going(connection: Connection, ages: Ages, now_ms: int) -> Going:
    """What goes if what was received before those times is to."""
    if connection.dialect.name == "sqlite":
        return Going((), ages)
    last = connection.exec_driver_sql(_LAST).scalar_one()
    whole = []
    for partition in partitions.held(connection):
        first_ms, newest_ms = _received(connection, partition, ages, now_ms)
        if partition.high <= last + 1 and (newest_ms is None or newest_ms < ages.events_ms):
            if not _keepers(connection, partition, ages):
                whole.append(partition)
            continue
        if _is_waited_for(first_ms, newest_ms, ages.events_ms, now_ms):
            until_ms = first_ms or 0
            logs_ms = until_ms if ages.logs_ms <= ages.events_ms else ages.logs_ms
            return Going(whole, ages._replace(events_ms=until_ms, logs_ms=logs_ms))
        break
    return Going(whole, ages)


def _keepers(connection: Connection, partition: Partition, ages: Ages) -> Sequence[int]:
    """The keys of the jobs whose events in it must stay."""
    return keepers(connection, partition.low, partition.high - 1, ages)


def _is_waited_for(first_ms: int | None, newest_ms: int | None, events_ms: int, now_ms: int) -> bool:
    if first_ms is None or newest_ms is None or not first_ms < events_ms <= newest_ms:
        return False
    return newest_ms - first_ms <= (now_ms - events_ms) // PATIENCE


class Dropping:
    """Lets partitions of one database go."""

    def __init__(self, database: Database, pace: Pace, clock: Clock) -> None:
        self._database = database
        self._pace = pace
        self._clock = clock
        self._again_ms = 0

    def step(self, whole: Sequence[Partition], ages: Ages) -> int:
        """Let the first of these go in which there is something; how many events went.

        0 when there was nothing in them, somebody does not let go of one, or another process lets one go now.
        """
        if not whole or self._clock.monotonic_ms() < self._again_ms:
            return 0
        with _alone(self._database) as is_alone:
            for partition in whole if is_alone else ():
                went = self._drop(partition, ages)
                while self._database.write(self._pace.timed(_clear_chunks)):
                    pass
                if went:
                    return went
        return 0

    def _drop(self, partition: Partition, ages: Ages) -> int:
        """Give up its keys, then the whole of it; how many events went. One that stays has its keys again."""
        count = f"SELECT count(*) {_WITHIN}"
        rows = self._database.read(lambda made: made.exec_driver_sql(count, partition).scalar_one(), long=True)
        self._pass_through(partition, event_keys.remove)
        try:
            went = self._went(partition, ages)
        except BaseException:
            self._pass_through(partition, event_keys.put_back)
            raise
        if not went:
            self._pass_through(partition, event_keys.put_back)
        return int(rows) if went else 0

    def _pass_through(self, partition: Partition, work: Callable[[Connection, int, int], None]) -> None:
        after: int | None = partition.low - 1
        while after is not None:
            step = partial(_next, partition=partition, after=after, work=work)
            after = self._database.write(self._pace.timed(step))

    def _went(self, partition: Partition, ages: Ages) -> bool:
        pause = threading.Event()
        for _ in range(TRIES):
            try:
                return self._database.write(partial(_drop, partition=partition, ages=ages))
            except Unavailable as refusal:
                if refusal.code != "busy":
                    raise
            pause.wait(_GAP_S)
        log.warning("Old events up to %d can't go at once: something has been reading them", partition.high - 1)
        self._again_ms = self._clock.monotonic_ms() + RETRY_MS
        return False


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """Whether nobody else lets partitions go during the block: who can't drop one takes its keys again bit by bit."""
    engine = create_engine(database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with ExitStack() as stack:
        with translated():
            session = stack.enter_context(engine.connect())  # it holds the lock, and ends with this process
            is_alone = session.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (ALONE,)).scalar()
        yield bool(is_alone)


def _received(connection: Connection, partition: Partition, ages: Ages, now_ms: int) -> tuple[int | None, int | None]:
    """When its first event and its last one were received; None if there are none."""
    last: int | None = connection.exec_driver_sql(f"SELECT max(cursor) {_WITHIN}", partition).scalar()
    if last is None:
        return None, None
    seen = map(receipts(connection, ages).after, (partition.low - 1, last - 1))
    first_ms, newest_ms = (now_ms if each is None else each.received_ms for each in seen)
    return first_ms, newest_ms


def _next(
    connection: Connection,
    share: float,
    *,
    partition: Partition,
    after: int,
    work: Callable[[Connection, int, int], None],
) -> int | None:
    """Do it to keys of its next events, `share` of what is quick; the last of those, None when there are no more."""
    query = f"SELECT cursor {_WITHIN} ORDER BY cursor OFFSET %s LIMIT 1"
    # To the cursor before which so many lie, or to the end.
    most = max(1, int(_KEYS * share))
    upto: int | None = connection.exec_driver_sql(query, (after + 1, partition.high, most - 1)).scalar()
    work(connection, after, partition.high - 1 if upto is None else upto)
    return upto


def _clear_chunks(connection: Connection, share: float) -> int:
    """Delete packed bodies, `share` of what is quick, where no partition is any more; returns how many chunks went."""
    edge, gone = 0, 0
    for low, high in partitions.held(connection):
        if low > edge:
            most = max(1, int(_CHUNKS * share))
            gone += connection.exec_driver_sql(_CLEAR, (edge, low, edge, most)).rowcount
        edge = high
    return gone


def _drop(connection: Connection, *, partition: Partition, ages: Ages) -> bool:
    """Whether it was still there, and nothing in it is to be kept, as of a job that was pinned meanwhile."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MS}")
    # The parents alone: whoever reads or writes goes by them, and what cleans another partition is in nobody's way.
    connection.exec_driver_sql(
        f"LOCK TABLE {', '.join(f'ONLY {parent}' for parent in PARENTS)} IN ACCESS EXCLUSIVE MODE"
    )
    if partition not in partitions.held(connection) or _keepers(connection, partition, ages):
        return False
    last = connection.exec_driver_sql(f"SELECT max(cursor) {_WITHIN}", partition).scalar()
    connection.exec_driver_sql(f"DROP TABLE {', '.join(map(partition.of, PARENTS))}")
    if last is not None:
        note(connection, last)
    return True
