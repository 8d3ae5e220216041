"""In which resolution a span is read and shown: by what is still kept, by what is asked, and by what it costs.

A bucket that the database adds up costs about 0.8 µs, and one whose sketch is merged here about 3. So the step of a
chart that does not ask for one is the finest that has not too many points and not too many buckets: of one series an
hour is shown by 5 s, of 200 together by the minute.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.core.errors import InvalidInput
from app.storage import retention
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Cells, Stretch

MAX_POINTS: Final = 2_000
"""Of a line."""

MAX_READ: Final = 12_000
"""Buckets that a chart of up to a day adds up, if it may choose its step."""

MAX_READ_LONG: Final = 40_000
"""The same of a longer one, for which people wait."""

READ_A_CELL: Final = 4
"""A point that is shown takes as long as so many buckets that are added up."""

MAX_MERGED: Final = 6_000
"""Buckets whose sketches it merges, if it may."""

RAW_KEPT_MS: Final = retention.RAW_KEPT_MS - HOUR_MS
MINUTES_KEPT_MS: Final = retention.MINUTES_KEPT_MS - DAY_MS
"""An hour and a day less than they are kept, so that none goes while it is read."""

ROLLED_UP_AFTER_MS: Final = 2 * MINUTE_MS
"""Coarser buckets are made of finer ones every minute; what is younger than this is read in minutes."""

SHOWN_MS: Final = (
    *(seconds * 1_000 for seconds in (5, 10, 15, 30)),
    *(minutes * MINUTE_MS for minutes in (1, 2, 5, 15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12, 24, 168, 672)),
)
"""The steps a chart chooses from."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Even times from `from_ms`, each `step_ms` long, up to `to_ms`; read from the store at `stored_ms`."""

    from_ms: int
    to_ms: int
    step_ms: int
    stored_ms: int

    @property
    def times(self) -> range:
        """The beginnings of the steps, in ms since 1970 UTC."""
        return range(self.from_ms, self.to_ms, self.step_ms)

    @property
    def cells(self) -> Cells:
        """The same, for the store."""
        return Cells(self.from_ms, self.step_ms, len(self.times))

    def stretches(self, now_ms: int) -> Iterator[Stretch]:
        """What to read: the stored resolution, and finer ones for what has not been rolled up yet."""
        begin, settled_ms = self.from_ms, now_ms - ROLLED_UP_AFTER_MS
        for step_ms in reversed(STEPS_MS[: STEPS_MS.index(self.stored_ms) + 1]):
            written = step_ms <= MINUTE_MS
            end = self.to_ms if written else min(self.to_ms, settled_ms - settled_ms % step_ms)
            if begin < end:
                yield Stretch(step_ms, begin, end)
                begin = end
            if written:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is asked: from when to when, how wide a step, and how many points at most."""

    from_ms: int
    to_ms: int
    step_ms: int | None = None
    most: int = MAX_POINTS


def grid(span: Span, now_ms: int, *, read: int = MAX_READ, series: int = 1, lines: int = 1) -> Grid:
    """The grid over a span.

    Args:
        span: what is asked.
        now_ms: the time.
        read: how many buckets it may cost, if the step is free.
        series: of how many series.
        lines: shown as how many lines.

    Raises:
        InvalidInput: naming `from` or `step`: there is no such grid.
    """
    if span.from_ms >= span.to_ms:
        raise InvalidInput("must be before to", field="from")
    finest = kept(span.from_ms, now_ms)
    if span.step_ms is not None:
        step_ms = _asked(span, finest)
    else:
        step_ms = _free(span, finest, read // max(1, series), read // READ_A_CELL // max(1, lines))
    stored = max(one for one in STEPS_MS if step_ms % one == 0)
    times = _times(span, step_ms)
    return Grid(times.start, times.stop, step_ms, stored)


def _times(span: Span, step_ms: int) -> range:
    """The beginnings of all steps that have a part in the span, up to where the last one ends."""
    return range(span.from_ms - span.from_ms % step_ms, span.to_ms + -span.to_ms % step_ms, step_ms)


def cost(length_ms: int, *, merged: bool) -> int:
    """How many buckets a chart of that length may read, if it may choose its step."""
    return MAX_MERGED if merged else MAX_READ if length_ms <= DAY_MS else MAX_READ_LONG


def kept(at_ms: int, now_ms: int) -> int:
    """The finest resolution that is kept of that time."""
    age_ms = now_ms - at_ms
    return RAW_MS if age_ms <= RAW_KEPT_MS else MINUTE_MS if age_ms <= MINUTES_KEPT_MS else HOUR_MS


def exactly(span: Span, over: Grid, now_ms: int) -> list[Stretch]:
    """What to read of the grid where nothing outside of the span may count: its ends as finely as they are kept."""
    finest, settled_ms = kept(span.from_ms, now_ms), now_ms - ROLLED_UP_AFTER_MS
    at, end = (edge + -edge % finest for edge in (span.from_ms, span.to_ms))  # what is under way counts, too
    found: list[Stretch] = []
    while at < end:
        step_ms = max(
            one
            for one in STEPS_MS[STEPS_MS.index(finest) : STEPS_MS.index(over.stored_ms) + 1]
            if one == finest or (at % one == 0 and at + one <= (end if one <= MINUTE_MS else min(end, settled_ms)))
        )
        begin = found.pop().from_ms if found and found[-1].step_ms == step_ms else at
        at += step_ms
        found.append(Stretch(step_ms, begin, at))
    return found


def _asked(span: Span, finest: int) -> int:
    """The step asked for, made wider where only a coarser resolution is kept."""
    step_ms = span.step_ms or 0
    if step_ms < RAW_MS or step_ms % RAW_MS:
        raise InvalidInput("must be a multiple of 5 s", field="step")
    if step_ms > SHOWN_MS[-1]:
        raise InvalidInput("must be at most %(most)s days", most=SHOWN_MS[-1] // DAY_MS, field="step")
    step_ms += -step_ms % finest
    points = len(_times(span, step_ms))
    if points > span.most:
        raise InvalidInput(
            "would make %(points)s points; at most %(most)s are given", points=points, most=span.most, field="step"
        )
    return step_ms


def _free(span: Span, finest: int, buckets: int, points: int) -> int:
    """The finest step with few enough points of few enough buckets, or of those that are as wide as can be."""
    length = span.to_ms - span.from_ms  # two steps may be cut by its ends, now or when the chart has moved on
    for step_ms in SHOWN_MS:
        stored = max(one for one in STEPS_MS if step_ms % one == 0)
        is_cheap = length // stored <= buckets and length // step_ms <= points
        if step_ms >= finest and (is_cheap or stored == STEPS_MS[-1]) and length // step_ms + 2 <= span.most:
            return step_ms
    raise InvalidInput("is too long before to", field="from")
