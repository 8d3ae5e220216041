"""What was measured within the last while, a figure for each set of labels: what rules are held against.

Two queries however many series there are. A while of ten minutes and more is read in minutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.metrics.catalogue import METRICS
from app.metrics.series import QUANTILES
from app.storage import sketches
from app.storage.base_series import MINUTE_MS, RAW_MS, Cells, Labels, SeriesStore, Sketched, Stretch

_IN_MINUTES_MS: Final = 600_000
_BESIDE_JOB: Final = ("source", "spider")
"""Labels that a job's series carry besides, and that tell it apart no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked.

    Attributes:
        name: of the metric.
        where: labels that its series must carry.
        by: labels by whose values figures are told apart.
        agg: one of `app.metrics.series.AGGREGATIONS`; None is `sum` for a counter and `avg` for all else.
        window_ms: how far back is looked.
        least: samples without which there is no figure.
    """

    name: str
    where: Mapping[str, str]
    by: tuple[str, ...]
    agg: str | None
    window_ms: int
    least: int = 1


class Lately:
    """Reads series; from real threads only, as it waits for the store."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store

    def read(self, asked: Asked, jobs: Mapping[str, Labels] | None, now_ms: int) -> Mapping[Labels, float]:
        """The figures of the window up to now.

        Args:
            asked: what.
            jobs: those that go on; of a series that carries another, nothing is told. None is any.
            now_ms: the time.

        Returns:
            a figure for each set of labels that has one: of a counter that gained nothing 0, where no labels tell it
            apart.
        """
        step_ms = RAW_MS if asked.window_ms < _IN_MINUTES_MS else MINUTE_MS
        begin = now_ms - asked.window_ms
        begin -= begin % step_ms
        end = now_ms + step_ms - now_ms % step_ms
        zero = agg_of(asked) in {"sum", "count"} and is_counter(asked.name) and not asked.by
        series = self._live(asked, jobs, begin)
        if not series and zero:  # one that gained nothing lately counts
            series = self._live(asked, jobs, 0)
        if not series:
            return {}
        places: dict[Labels, int] = {}
        groups = {one: places.setdefault(key_of(one, asked.by), len(places)) for one in series}
        within, cells = [Stretch(step_ms, begin, end)], Cells(begin, end - begin, 1)
        found = self._figures(asked, groups, within, cells)
        if zero:
            found.setdefault(0, 0.0)
        return {labels: found[place] for labels, place in places.items() if place in found}

    def _live(self, asked: Asked, jobs: Mapping[str, Labels] | None, since_ms: int) -> list[Labels]:
        found = self._store.find(asked.name, asked.where, since_ms)
        return [one for one in found if _is_live(one, jobs)]

    def _figures(
        self, asked: Asked, groups: Mapping[Labels, int], within: list[Stretch], cells: Cells
    ) -> dict[int, float]:
        agg = agg_of(asked)
        if agg in QUANTILES:
            return _quantiles(self._store.sketched(asked.name, groups, within, cells), QUANTILES[agg])
        wanted = ("sum", "count") if agg in {"avg", "sum", "count"} else (agg, "count")
        found: dict[int, float] = {}
        for cell, figure, count in self._store.combine(asked.name, groups, within, cells, wanted):
            if count >= asked.least:
                found[cell] = figure / count if agg == "avg" else count if agg == "count" else figure
        return found


def agg_of(asked: Asked) -> str:
    """What is made of the samples, in words."""
    return asked.agg or ("sum" if is_counter(asked.name) else "avg")


def is_counter(name: str) -> bool:
    """Whether the metric counts what came on top."""
    return name in METRICS and METRICS[name].kind == "counter"


def _is_live(labels: Labels, jobs: Mapping[str, Labels] | None) -> bool:
    if jobs is None:
        return True
    job_id = next((value for name, value in labels if name == "job"), None)
    return job_id is None or job_id in jobs


def key_of(labels: Labels, by: tuple[str, ...]) -> Labels:
    """The labels that a figure of such a series is told apart by; of a job also its source and spider."""
    carried = dict(labels)
    more = [name for name in _BESIDE_JOB if name in carried] if "job" in by else []
    return tuple(sorted((name, carried.get(name, "")) for name in {*by, *more}))


def _quantiles(found: Iterable[Sketched], share: float) -> dict[int, float]:
    values = {cell: sketches.quantile(spread, share) for cell, spread in sketches.by_cell(found).items()}
    return {cell: value for cell, value in values.items() if value is not None}
