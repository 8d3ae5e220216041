"""Windows and counters, with numbers to be checked in the head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.window import Window, growth


def test_a_window_forgets_what_is_older_than_its_span():
    """At 100.4 s a minute's window reaches back to 41.0 s: 2 + 4 remain of 1 + 2 + 4."""
    window = Window(60_000, 1_000)
    window.add(40_999, 1)
    window.add(41_000, 2)
    window.add(100_400, 4)

    assert window.total(100_400) == 6
    assert window.total(101_000) == 4
    assert window.total(161_000) == 0


def test_a_rate_is_the_sum_over_the_whole_span():
    """90 within the minute are 1.5 a second, however they are spread."""
    window = Window(60_000, 1_000)
    window.add(1_000, 60)
    window.add(59_000, 30)

    assert window.per_second(60_000) == 1.5


def test_things_may_be_added_late():
    """What happened at 10 s and is told at 50 s counts until 70 s."""
    window = Window(60_000, 1_000)
    window.add(50_000)
    window.add(10_000)

    assert window.total(69_999) == 2
    assert window.total(70_000) == 1


def test_what_was_added_can_be_taken_back():
    """An amount of −1 undoes an amount of 1 at the same time."""
    window = Window(60_000, 1_000)
    window.add(5_000)
    window.add(5_000, -1)

    assert window.total(5_000) == 0


def test_a_window_holds_no_more_than_it_needs():
    """After a million steps at most twice as many cells are held as the span has."""
    window = Window(60_000, 1_000)
    for second in range(0, 1_000_000, 7):
        window.add(second * 1_000)

    assert len(window._cells) <= 120


def test_a_clock_that_is_set_back_takes_what_lies_ahead_with_it():
    """Of 7 within the hour to come nothing is left, now or when it comes; the 2 added since count for a minute."""
    window = Window(60_000, 1_000)
    window.add(3_600_000, 7)
    assert window.total(3_600_000) == 7

    assert window.total(100_000) == 0
    window.add(100_000, 2)
    assert window.total(100_000) == 2
    assert window.total(3_600_000) == 0


def test_a_clock_that_is_set_back_a_little_forgets_nothing():
    """What was added half a second ahead of now is of this minute."""
    window = Window(60_000, 1_000)
    window.add(100_200, 3)

    assert window.total(99_700) == 3


def test_a_clock_that_is_set_forward_leaves_the_past_behind():
    """An hour later the minute is empty; set right again, what came meanwhile is forgotten."""
    window = Window(60_000, 1_000)
    window.add(10_000, 5)
    assert window.total(3_610_000) == 0
    window.add(3_610_000, 1)

    assert window.total(20_000) == 5


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9)), max_size=60))
def test_a_window_equals_a_sum_over_a_list(added: list[tuple[int, int]]):
    """In whatever order, it is the sum of what lies in its last sixty steps."""
    window = Window(60, 1)
    for at, amount in added:
        window.add(at, amount)

    assert window.total(200) == sum(amount for at, amount in added if at > 140)


@pytest.mark.parametrize(
    ("before", "now", "grew"),
    [
        ({"requests": 10}, {"requests": 30}, {"requests": 20}),
        ({"requests": 30}, {"requests": 5}, {"requests": 5}),
        ({}, {"requests": 7}, {"requests": 7}),
        ({"bytes": 9}, {"requests": 7}, {"requests": 7}),
        ({"requests": 4}, {"requests": 4}, {"requests": 0}),
    ],
    ids=["grows", "restarted", "first", "not told", "stands"],
)
def test_a_counter_that_drops_has_started_again(before: dict[str, float], now: dict[str, float], grew: object):
    """10 → 30 is 20, 30 → 5 is 5, and what is not told did not grow."""
    assert growth(before, now) == grew
