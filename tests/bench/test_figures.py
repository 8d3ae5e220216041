"""The table of a benchmark."""

import pytest

from bench.figures import Figure, ratios, table


@pytest.mark.parametrize(
    ("budget", "met"), [("≥ 2", True), ("≥ 2.1", False), ("≤ 2", True), ("≤ 1.9", False), ("< 2", False), ("", None)]
)
def test_a_budget_is_held_against_the_median(budget: str, met: bool | None):
    """Neither the best round nor the worst decides whether a budget is met."""
    assert Figure("ratio", "×", [9, 2, 1], budget).met is met


def test_ratios_are_taken_round_by_round():
    """What ran side by side is compared, whatever the other rounds were like."""
    assert ratios([10, 40], [5, 10]) == [2, 4]


def test_the_table_says_what_is_missed():
    """A row that misses its budget stands out from those that meet it and those that have none."""
    figures = [Figure("a", "s", [1], "≤ 2"), Figure("b", "s", [3], "≤ 2"), Figure("c", "s", [3])]

    rows = [line.split() for line in table(figures).splitlines()[2:]]

    assert [row[-1] for row in rows] == ["yes", "NO", "3.00"]
