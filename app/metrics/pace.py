"""How fast a job has got on lately, by the progress that it reports."""

from typing import Final

SPAN_MS: Final = 300_000
"""How far back is looked."""
_LEAST_MS: Final = 60_000
"""A pace over less says more about single pages than about the job."""
_STEP_MS: Final = 15_000
"""Reports are remembered so far apart."""


class Pace:
    """A job's reports of the last `SPAN_MS`, one in `_STEP_MS` of them, and the newest. Not thread-safe."""

    __slots__ = ("_marks", "_newest")

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []
        self._newest: tuple[int, float] | None = None

    def take(self, at_ms: int, done: float) -> None:
        """A report. One that is older than the one before it, or shows less, has begun to count again."""
        if self._newest and (at_ms < self._newest[0] or done < self._newest[1]):
            self._marks.clear()
        self._newest = (at_ms, done)
        if not self._marks or at_ms - self._marks[-1][0] >= _STEP_MS:
            self._marks.append(self._newest)
            while len(self._marks) > 1 and self._marks[1][0] <= at_ms - SPAN_MS:
                del self._marks[0]

    def per_ms(self, now_ms: int) -> float | None:
        """What was done by the millisecond, about within the last `SPAN_MS`; 0 where nothing was.

        It is measured from report to report, as these may lie a minute apart; what goes beyond that is silence, and
        counts. None while less than a minute is known.
        """
        if self._newest is None:
            return None
        edge = now_ms - SPAN_MS
        begin_ms, before = max(
            (mark for mark in (*self._marks, self._newest) if mark[0] <= edge), default=self._marks[0]
        )
        newest_ms, done = self._newest
        span_ms = max(newest_ms, now_ms - _LEAST_MS) - begin_ms
        return (done - before) / span_ms if span_ms >= _LEAST_MS else None
