"""What can be done to lines before they are drawn: ``groupBy(source) | rate | movingAverage(5) | top(3)``.

A pipe of steps, each a row of `TRANSFORMS`, applied from left to right. To add one, add a row: how its arguments are
read, and a pure function of an `Answer`. The reference page is printed from the table.

A gap stays a gap: no step invents a point where nothing was measured.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from app.core.errors import InvalidInput
from app.core.said import Said, said
from app.metrics.series import Answer, Line
from app.metrics.steps import Step, Words, read_steps

COMPARED: Final = "compared"
"""The label of lines of another time; the help below names it."""
MAX_MEAN: Final = 500
MAX_KEPT: Final = 100
SETTLED: Final = 0.5
"""A step is told per second once this share of it has passed, by the time that has; so does the pages' script."""

Value = float | None
Other = Callable[[str], Answer | None]
"""The answer about another time, `yesterday` or `lastRun`, by the same step; None of the first run of a spider."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """What a step may ask beside the lines.

    Attributes:
        counted: whether the values are what was counted in each step, rather than states.
        other: asked by `compare`.
        now_ms: the time; of the step that it lies in only a part has passed.
        before: the steps that were done already.
    """

    counted: bool
    other: Other
    now_ms: int
    before: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A row of the table.

    Attributes:
        example: how it is written.
        help: what it does, a sentence or two.
        read: its arguments, out of the words between its brackets; None if it has none.
        apply: the lines it makes of others.
        chooses: whether it leaves out lines and changes none.
    """

    example: str
    help: Said
    read: Callable[[Words], tuple[Any, ...]] | None = None
    apply: Callable[[Answer, tuple[Any, ...], Pipe], Answer]
    chooses: bool = False


def parse(text: str, field: str = "transform") -> tuple[Step, ...]:
    """The steps that a pipe is made of; none for an empty text.

    Raises:
        InvalidInput: it is none; the message names the word at fault and its place, the first character being 1. Or it
            groups by a label by which a step before has added up.
    """
    steps = read_steps(text, field, {name: transform.read for name, transform in TRANSFORMS.items()})
    _require_labels(steps, field)
    return steps


def _require_labels(steps: Iterable[Step], field: str) -> None:
    """See that lines still have the labels by which they are to be grouped."""
    held: set[str] | None = None  # any that the metric has
    compared: set[str] = set()
    for step in steps:
        if step.name == "groupBy":
            for label in step.arguments:
                if label not in compared and (label == COMPARED or (held is not None and label not in held)):
                    wrong = said("can't group by %(label)s: lines do not differ by it at that step", label=label)
                    raise InvalidInput(wrong, field=field)
            held = set(step.arguments)
            compared &= held
        elif step.name == "sum":
            held, compared = set(), set()
        elif step.name == "compare":
            compared = {COMPARED}


def labels_of(steps: Iterable[Step]) -> tuple[str, ...]:
    """The labels that the lines must be told apart by, so that the steps can group them; to be asked for."""
    labels = (label for step in steps if step.name == "groupBy" for label in step.arguments)
    return tuple(dict.fromkeys(label for label in labels if label != COMPARED))


def times_of(steps: Iterable[Step]) -> tuple[str, ...]:
    """The other times that the steps will ask about."""
    return tuple(dict.fromkeys(when for step in steps if step.name == "compare" for when in step.arguments))


def apply(steps: Sequence[Step], answer: Answer, pipe: Pipe) -> Answer:
    """What the steps make of lines.

    Args:
        steps: as `parse` gives them.
        answer: told apart by `labels_of` the steps, at least.
        pipe: what they may ask.

    Raises:
        InvalidInput: there is nothing to compare with, as the question is.
    """
    for place, step in enumerate(steps):
        answer = TRANSFORMS[step.name].apply(answer, step.arguments, replace(pipe, before=tuple(steps[:place])))
    return answer


def per_second(answer: Answer, unit: str, now_ms: int) -> Answer:
    """What was counted in each step as a rate; a gap where the step has hardly begun."""

    def rate(at_ms: int, value: Value) -> Value:
        passed_ms = min(answer.step_ms, now_ms - at_ms)
        return None if value is None or passed_ms < answer.step_ms * SETTLED else value * 1_000 / passed_ms

    lines = [Line(line.labels, [(at_ms, rate(at_ms, value)) for at_ms, value in line.points]) for line in answer.series]
    return replace(answer, series=lines, unit=unit)


def _each(answer: Answer, change: Callable[[list[Value]], list[Value]], unit: str | None = None) -> Answer:
    """Change the values of every line."""
    lines = [
        Line(line.labels, list(zip([at for at, _ in line.points], change([v for _, v in line.points]), strict=True)))
        for line in answer.series
    ]
    return replace(answer, series=lines, unit=answer.unit if unit is None else unit)


def _rate(answer: Answer, _: tuple[Any, ...], pipe: Pipe) -> Answer:
    unit = {"count": "per second", "": "per second"}.get(answer.unit, f"{answer.unit} per second")
    if pipe.counted:
        return per_second(answer, unit, pipe.now_ms)
    return _each(answer, lambda values: _growth(values, 1_000 / answer.step_ms), unit)


def _growth(values: list[Value], factor: float) -> list[Value]:
    """By how much a total grew since the step before; one that dropped has begun again at zero."""
    grown: list[Value] = [None]
    for before, now in pairwise(values):
        if before is None or now is None:
            grown.append(None)
        else:
            grown.append((now if now < before else now - before) * factor)
    return grown[: len(values)]


def _moving_average(answer: Answer, arguments: tuple[Any, ...], _: Pipe) -> Answer:
    (most,) = arguments
    return _each(answer, lambda values: _means(values, most))


def _means(values: list[Value], most: int) -> list[Value]:
    """Each value's mean with those before it; the sum is taken anew now and then, so that no rounding adds up."""
    means: list[Value] = []
    total, known = 0.0, 0
    for place, value in enumerate(values):
        gone = values[place - most] if place >= most else None
        total += (value or 0.0) - (gone or 0.0)
        known += (value is not None) - (gone is not None)
        if place % most == 0:
            total = sum(one for one in values[max(0, place + 1 - most) : place + 1] if one is not None)
        means.append(None if value is None else total / known)
    return means


def _scale(answer: Answer, arguments: tuple[Any, ...], _: Pipe) -> Answer:
    (factor,) = arguments
    return _each(answer, lambda values: [None if value is None else value * factor for value in values])


def _top(answer: Answer, arguments: tuple[Any, ...], _: Pipe) -> Answer:
    return _chosen(answer, arguments[0], sign=-1)


def _bottom(answer: Answer, arguments: tuple[Any, ...], _: Pipe) -> Answer:
    return _chosen(answer, arguments[0], sign=1)


def _chosen(answer: Answer, most: int, sign: int) -> Answer:
    means = [(sign * mean, place) for place, line in enumerate(answer.series) if (mean := _mean(line)) is not None]
    return replace(answer, series=[answer.series[place] for _, place in sorted(means)[:most]])


def _mean(line: Line) -> Value:
    known = [value for _, value in line.points if value is not None]
    return sum(known) / len(known) if known else None


def _sum(answer: Answer, _: tuple[Any, ...], __: Pipe) -> Answer:
    return _grouped(answer, ())


def _group_by(answer: Answer, arguments: tuple[Any, ...], _: Pipe) -> Answer:
    return _grouped(answer, arguments)


def _grouped(answer: Answer, labels: Sequence[str]) -> Answer:
    """Lines of the same labels added up, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in answer.series:
        groups.setdefault(tuple(line.labels.get(label, "") for label in labels), []).append(line)
    lines = [Line(dict(zip(labels, key, strict=True)), _added(group)) for key, group in groups.items()]
    return replace(answer, series=lines)


def _added(lines: Sequence[Line]) -> list[tuple[int, Value]]:
    added: list[tuple[int, Value]] = []
    for points in zip(*(line.points for line in lines), strict=True):
        known = [value for _, value in points if value is not None]
        added.append((points[0][0], sum(known) if known else None))
    return added


def _compare(answer: Answer, arguments: tuple[Any, ...], pipe: Pipe) -> Answer:
    """Lines are matched by their labels, points by their place."""
    (when,) = arguments
    earlier = pipe.other(when)
    if earlier is None:
        return replace(answer, is_first=True)
    before = [step for step in pipe.before if step.name != "compare" and not TRANSFORMS[step.name].chooses]
    other = apply(before, earlier, pipe)
    found = {tuple(sorted(line.labels.items())): [value for _, value in line.points] for line in other.series}
    lines = []
    for line in answer.series:
        lines.append(line)
        values = found.get(tuple(sorted(line.labels.items())))
        if values is not None and COMPARED not in line.labels:
            times = [at for at, _ in line.points]
            padded = [*values, *[None] * len(times)][: len(times)]
            lines.append(Line({**line.labels, COMPARED: when}, list(zip(times, padded, strict=True))))
    return replace(answer, series=lines)


TRANSFORMS: Final[dict[str, Transform]] = {
    "rate": Transform(
        example="rate",
        help=said(
            "per second: of a counter what was counted in a step, of any other metric by how much it grew, where a "
            "drop begins anew at zero; the step under way counts by the time passed, and is a gap until half of it has"
        ),
        apply=_rate,
    ),
    "movingAverage": Transform(
        example="movingAverage(5)",
        help=said("mean of so many points up to each, gaps left out; 1 to %(most)s", most=MAX_MEAN),
        read=lambda words: (words.whole(1, MAX_MEAN),),
        apply=_moving_average,
    ),
    "scale": Transform(
        example="scale(0.001)",
        help=said("times a number"),
        read=lambda words: (words.number(),),
        apply=_scale,
    ),
    "groupBy": Transform(
        example="groupBy(source, spider)",
        help=said("a line for each value of these labels, the sum of what carries it"),
        read=lambda words: words.names(),
        apply=_group_by,
    ),
    "sum": Transform(example="sum", help=said("all lines together as one"), apply=_sum),
    "top": Transform(
        example="top(3)",
        help=said("the lines of the greatest means, the greatest first; 1 to %(most)s", most=MAX_KEPT),
        read=lambda words: (words.whole(1, MAX_KEPT),),
        apply=_top,
        chooses=True,
    ),
    "bottom": Transform(
        example="bottom(3)",
        help=said("the lines of the least means, the least first; 1 to %(most)s", most=MAX_KEPT),
        read=lambda words: (words.whole(1, MAX_KEPT),),
        apply=_bottom,
        chooses=True,
    ),
    "compare": Transform(
        example="compare(yesterday)",
        help=said(
            "each line once more as it was 24 hours before, or (`compare(lastRun)`) in the spider's run before the job "
            "that the query names, from its start, if there was one; told apart by the label `compared`"
        ),
        read=lambda words: (words.one_of("yesterday", "lastRun"),),
        apply=_compare,
    ),
}
