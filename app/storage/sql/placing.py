"""Where a search looks: in which jobs, and between which cursors.

Rows are found by their cursor, which rises with the time at which an event was received, as far as the clock was not
set back (see `set_back`); no index of times is needed.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from app.storage.base import EventFilter
from app.storage.base_series import HOUR_MS
from app.storage.sql import looking, set_back
from app.storage.sql.conditions_jobs import among
from app.storage.sql.events_tables import LATE_MS, events, jobs
from app.storage.sql.looking import Look
from app.storage.sql.watermarks import stands_at
from app.storage.words import read_search

_GIVEN: Final = "cursor"
"""The last cursor that was given: the newest event mostly lies at or near it."""
MARK: Final = "indexed"
"""The watermark of the index of words."""
EARLY_MS: Final = HOUR_MS
"""By how much an event may be older by its receipt than by its own time: clocks are set, and a sender's may be fast."""
_SKEW_MS: Final = 60_000
"""By how much the clocks of several processes may differ."""
_GRAIN: Final = 1_000
"""Events that may be looked at in vain at either end of a span, rather than search for it more closely."""
_NEWEST: Final = select(func.max(events.c.cursor))


def first_look(connection: Connection, wanted: EventFilter, before: int | None, limit: int) -> Look | None:
    """Where to begin; None where nothing can be found."""
    meant = _jobs(connection, wanted)
    if meant is not None and not meant.last:
        return None
    low, newest = (0, newest_cursor(connection)) if meant is None else (meant.low, meant.last)
    low, cut = received_within(connection, wanted.from_ms, wanted.to_ms, newest, low)
    return Look(
        wanted=wanted,
        search=read_search(wanted.q) if wanted.q else None,
        job_keys=None if meant is None else meant.keys,
        low=low,
        before=newest + 1 if before is None else min(before, newest + 1),
        mark=stands_at(connection, MARK) if wanted.q else 0,
        limit=limit,
        most=limit,
        cut=cut,
    )


def newest_cursor(connection: Connection) -> int:
    """The cursor of the newest event, looked for in the newest partitions first."""
    given = stands_at(connection, _GIVEN)
    return connection.scalar(_NEWEST.where(events.c.cursor > given - looking.SPAN)) or connection.scalar(_NEWEST) or 0


class _Jobs(NamedTuple):
    """The jobs that are meant, and where their events lie: above `low`, up to `last`, which is 0 if there are no jobs.

    The `keys` are None for so many that their events are better found among all.
    """

    keys: Sequence[int] | None
    low: int
    last: int


def _jobs(connection: Connection, wanted: EventFilter) -> _Jobs | None:
    """The jobs that are meant; None for any."""
    if wanted.of is None and wanted.job_id is None:
        return None
    columns = (jobs.c.key, jobs.c.attempt, jobs.c.first_cursor, jobs.c.last_cursor)
    found = connection.execute(select(*columns).where(*_meant(wanted)).limit(looking.MOST_JOBS + 1)).all()
    if len(found) > looking.MOST_JOBS:
        # Nothing of theirs is newer, though others may have gone on for days.
        return _Jobs(None, 0, connection.scalar(select(func.max(jobs.c.last_cursor)).where(*_meant(wanted))) or 0)
    low = min((first - 1 if attempt == 1 else 0 for _, attempt, first, _ in found), default=0)
    return _Jobs([key for key, *_ in found], max(0, low), max((last for *_, last in found), default=0))


def _meant(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """The conditions of the jobs that are."""
    conditions = [] if wanted.of is None else among(wanted.of)
    return conditions if wanted.job_id is None else [*conditions, jobs.c.id == wanted.job_id]


def received_within(
    connection: Connection, from_ms: int | None, to_ms: int | None, newest: int, low: int = 0
) -> tuple[int, int]:
    """The cursors between which the events of a span of time were received, but those that came late; None is open."""
    if from_ms is None and to_ms is None:
        return low, newest
    wrong_ms = set_back.most_ms(connection) + _SKEW_MS
    if from_ms is not None:
        low = received_since(connection, from_ms - EARLY_MS - wrong_ms, newest, low)
    if to_ms is None:
        return low, newest
    return low, min(newest, received_since(connection, to_ms + LATE_MS + 1 + wrong_ms, newest, low) + _GRAIN)


def received_since(connection: Connection, at_ms: int, newest: int, low: int = 0) -> int:
    """A cursor, `low` or above, after which all are that were received at that time or later, and few others.

    It is guessed by how far the time is on the way from the oldest to the newest, a little too early and a little too
    late, and as events do not come evenly, found by halving.
    """
    high = newest
    low_ms, high_ms = _received(connection, low, high), _received(connection, low, high, last=True)
    if low_ms is None or low_ms >= at_ms:
        return low
    if high_ms is None or high_ms < at_ms:
        return high
    asides = cycle((-_GRAIN // 2, _GRAIN // 2, None))
    while high - low > _GRAIN:
        aside = next(asides)
        guess = low + (high - low) * (at_ms - low_ms) // (high_ms - low_ms)
        middle = (low + high) // 2 if aside is None else min(max(guess + aside, low + 1), high - 1)
        received_ms = _received(connection, middle, high)
        if received_ms is not None and received_ms < at_ms:
            low, low_ms = middle, received_ms
        else:
            high, high_ms = middle, received_ms or high_ms
    return low


def _received(connection: Connection, after: int, upto: int, *, last: bool = False) -> int | None:
    """When the first of those between these cursors was received, or the last.

    Of a few next to that end first, as Postgres plans over all others.
    """
    near = (max(after, upto - looking.SPAN), upto) if last else (after, min(upto, after + looking.SPAN))
    for above, end in dict.fromkeys((near, (after, upto))):
        query = select(events.c.received_ms).where(events.c.cursor > above, events.c.cursor <= end)
        received_ms: int | None = connection.scalar(
            query.order_by(events.c.cursor.desc() if last else events.c.cursor).limit(1)
        )
        if received_ms is not None:
            return received_ms
    return None
