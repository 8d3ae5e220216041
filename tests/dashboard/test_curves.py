"""What a rule's metric did, as a drawing."""

import pytest

from app.alerts.rules import parse
from app.dashboard.curves import MOST_LINES, POINTS, Mark, curve
from app.metrics.past import Walk
from app.storage.base_series import Labels

RULE = parse(
    {
        "name": "r",
        "condition": {"metric": "jobs.failureRate", "operator": ">", "threshold": 0.2},
        "severity": "info",
        "channels": [],
        "cooldown": 0,
        "resolveThreshold": 0.1,
    }
)


def test_lines_lie_below_the_threshold_where_they_are_less():
    """In per cent of a height that begins at 0 and holds all figures; a gap stays one."""
    drawn = curve(RULE, Walk(range(0, 20_000, 5_000), {(): [0.0, 0.4, None, 0.2]}))

    assert drawn
    assert drawn.ticks == ["50 %", "40 %", "30 %", "20 %", "10 %", "0 %"]
    assert drawn.grid == [0, 20, 40, 60, 80, 100]
    assert (drawn.threshold, drawn.resolve) == (60.0, 80.0)
    assert drawn.lines == [("", "M0 100L200 20M598.5 60h3")]
    assert [figures for _, figures in drawn.rows] == [["20 %"], ["40 %"], ["0 %"]]


def test_marks_lie_where_they_happened():
    """Those outside are left out."""
    marks = [Mark(at=10_000, text="fires", kind="alert"), Mark(at=99_000, text="later")]
    drawn = curve(RULE, Walk(range(0, 25_000, 5_000), {(): [0.1] * 5}), marks)

    assert drawn
    assert drawn.marks == [{"right": 50.0, "text": "fires", "kind": "alert"}]


def test_a_long_line_keeps_its_worst_figures():
    """However few points it is drawn with."""
    line = [0.0] * (POINTS * 10)
    line[1234] = 0.9
    drawn = curve(RULE, Walk(range(0, len(line) * 5_000, 5_000), {(): [*line]}))

    assert drawn
    assert drawn.lines[0][1].count("L") < POINTS
    assert " 10L" in drawn.lines[0][1]


def test_of_many_lines_the_worst_are_drawn():
    """Those of another group are not."""
    lines: dict[Labels, list[float | None]] = {(("source", f"s{n:02}"),): [n / 100, n / 100] for n in range(20)}
    drawn = curve(RULE, Walk(range(0, 10_000, 5_000), lines))

    assert drawn
    assert (len(drawn.lines), drawn.more) == (MOST_LINES, 20 - MOST_LINES)
    assert drawn.lines[0][0] == "source s19"
    one = curve(RULE, Walk(range(0, 10_000, 5_000), lines), group=(("source", "s03"),))
    assert one
    assert [name for name, _ in one.lines] == ["source s03"]


def test_where_nothing_was_measured_nothing_is_drawn():
    """Not even an axis."""
    assert curve(RULE, Walk(range(0, 10_000, 5_000), {(): [None, None]})) is None
    assert curve(RULE, Walk(range(0, 10_000, 5_000), {})) is None


@pytest.mark.parametrize(
    ("metric", "threshold", "values", "ticks"),
    [
        ("system.cpu.usage", 0.9, [0.2, 1.0], ["100 %", "80 %", "60 %", "40 %", "20 %", "0 %"]),
        ("system.cpu.usage", 1.2, [0.2], ["150 %", "100 %", "50 %", "0 %"]),
        ("jobs.active", 1, [0], ["2", "1", "0"]),
        ("queue.depth", 100, [0, 40], ["120", "100", "80", "60", "40", "20", "0"]),
        ("balance", 1, [-30, 10], ["20", "10", "0", "-10", "-20", "-30", "-40"]),
        ("queue.depth", 0, [0, 0], ["1", "0.8", "0.6", "0.4", "0.2", "0"]),
    ],
)
def test_ticks_are_round_and_a_share_ends_at_the_whole(
    metric: str, threshold: float, values: list[float | None], ticks: list[str]
):
    """What is counted has no tick between two, and only a share that is more than the whole goes beyond it."""
    given = {"metric": metric, "operator": ">", "threshold": threshold}
    rule = parse({"name": "r", "condition": given, "severity": "info", "channels": [], "cooldown": 0})
    drawn = curve(rule, Walk(range(0, 5_000 * len(values) + 5_000, 5_000), {(): [*values, 0.0]}))

    assert drawn
    assert drawn.ticks == ticks
