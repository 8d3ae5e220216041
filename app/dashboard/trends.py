"""Answers of the series as the pages' charts show them: a counter's rate, the busiest sources, the rest together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.core.errors import InvalidInput
from app.metrics.resolution import Grid
from app.metrics.series import Answer, SeriesQuery, SeriesReader

MAX_POINTS: Final = 360
OTHERS: Final = ""
"""The name under which all series beyond the first few are added up."""


def counted(reader: SeriesReader, name: str, labels: Mapping[str, str], over: Grid) -> list[float]:
    """What a counter gained in each step, 0 where it is not known."""
    asked = SeriesQuery(name=name, where=labels, from_ms=over.from_ms, to_ms=over.to_ms, step_ms=over.step_ms)
    found = reader.query(asked)
    return _known(value for _, value in found.series[0].points) if found.series else [0.0] * len(over.times)


def of_sources(reader: SeriesReader, asked: SeriesQuery) -> Answer:
    """The answer by source; all in one line where there are more sources than an answer may have lines."""
    try:
        return reader.query(replace(asked, by=("source",)))
    except InvalidInput as refusal:
        if refusal.field != "by":
            raise
        return reader.query(asked)


def by_source(found: Answer, most: int) -> dict[str, list[float]]:
    """Each of the `most` busiest sources of an answer of `of_sources`, and `OTHERS` if there are more."""
    totals = {line.labels.get("source", OTHERS): _known(value for _, value in line.points) for line in found.series}
    ranked = sorted((source for source in totals if source), key=lambda source: -sum(totals[source]))
    shown = {source: totals[source] for source in ranked[:most]}
    rest = [totals[source] for source in totals if source not in shown]
    if rest:
        shown[OTHERS] = [sum(values) for values in zip(*rest, strict=True)]
    return shown


def measured(found: Answer) -> Sequence[float | None]:
    """The values of an answer of one line; gaps where there is none."""
    return [value for _, value in found.series[0].points] if found.series else [None] * len(found.times)


def per_second(sums: Iterable[float], step_ms: int) -> list[float]:
    """Sums over a step as a rate."""
    return [round(value * 1000 / step_ms, 3) for value in sums]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value or 0.0 for value in values]
