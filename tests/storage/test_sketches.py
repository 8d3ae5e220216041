"""Sketches: close to the values they were made of, however they were merged."""

import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from app.storage import sketches

VALUES = st.lists(
    st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-9), min_size=1, max_size=200
)
SHARES = st.sampled_from([0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 1.0])


def at_rank(values, share):
    """The exact quantile."""
    return sorted(values)[int(share * (len(values) - 1))]


def quantile(parts, share) -> float:
    found = sketches.quantile(sketches.Spread(parts), share)
    assert found is not None
    return found


def whole(parts):
    return sketches.merged((sketches.of(part) if len(part) > 1 else b"", sum(part)) for part in parts)


@given(VALUES, SHARES)
def test_a_quantile_is_within_one_percent(values, share):
    """Of positive and negative values, from next to nothing to a million millions."""
    true = at_rank(values, share)

    assert abs(quantile([sketches.of(values)], share) - true) <= sketches.ERROR * abs(true) * 1.000001


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_merged_parts_are_the_sketch_of_the_whole(parts):
    """In whatever order and grouping, with single values among them."""
    values = [value for part in parts for value in part]
    counts = sketches.counted([(sketches.of(values), 0.0)])

    assert sketches.counted([(whole(parts), 0.0)]) == counts
    halves = [(whole(parts[:1]), 0.0), *([(whole(parts[1:]), 0.0)] if parts[1:] else [])]
    assert sketches.counted(halves) == counts


@given(VALUES, SHARES)
def test_it_says_what_the_library_says(values, share):
    """The bytes are ours, the figures those of DDSketch."""
    reference = DDSketch(sketches.ERROR)
    for value in values:
        reference.add(value)
    expected = reference.get_quantile_value(share)
    assert expected is not None
    assert abs(quantile([sketches.of(values)], share) - expected) <= abs(expected) * 2 * sketches.ERROR


def test_one_part_without_a_sketch_leaves_the_whole_without():
    """Half of the truth would pass for all of it."""
    assert sketches.merged([(sketches.of([1, 2]), 3.0), (None, 3.0)]) is None
    assert sketches.quantile(sketches.Spread([sketches.of([1, 2]), None]), 0.5) is None
    assert sketches.merged([]) == b""


def test_extreme_values_are_kept_within_reach():
    """What is next to nothing counts as 0, and what is beyond all measure as the greatest."""
    sketch = sketches.of([5e-324, 1e308, -1e308])

    assert quantile([sketch], 0.5) == 0
    assert quantile([sketch], 1.0) > 1e200
    assert quantile([sketch], 0.0) < -1e200


def test_a_minute_takes_a_few_bytes():
    """Twelve samples are at most 25 bytes, and 720 alike samples of an hour no more than 50."""
    assert len(sketches.of([10.0**n for n in range(12)])) == 25
    assert len(sketches.of([100.0 + n for n in range(12)])) < 25
    assert len(sketches.of([100.0 + n % 24 for n in range(720)])) < 50


@pytest.mark.parametrize(
    "values",
    [
        [float(n) for n in range(1, 1_000)],
        [5.0] * 255 + [6.0],
        [5.0] * 256 + [6.0, 7.0],
        [5.0] * 70_000 + [6.0, 7.0],
        [1e-9, 1e-9, 5.0, 1e12] * 40,
        [-1e9, 0.0, 1e9] * 70_000,
        [3.0, 4.0],
    ],
    ids=["near", "255", "256", "70,000", "far apart", "far apart and many", "two"],
)
@pytest.mark.parametrize("number", [1, 2, 300])
def test_each_form_can_be_merged(values, number):
    """Counts of one byte or of four, side by side or as pairs: of 300 parts each value is there 300 times."""
    sketch, once = sketches.of(values), sketches.counted([(sketches.of(values), 0.0)])
    assert once is not None
    assert once.total() == len(values)

    all_of_them = sketches.counted([(sketch, 0.0)] * number)

    assert all_of_them == {code: count * number for code, count in once.items()}
    assert sketches.counted([(sketches.merged([(sketch, 0.0)] * number), 0.0)]) == all_of_them
    assert quantile([sketch] * number, 0.5) == pytest.approx(at_rank(values * number, 0.5), rel=sketches.ERROR)


def test_many_counts_are_told_by_pairs():
    """Beyond four bytes a count stands for itself."""
    sketch = sketches.of([1.0, 2.0])
    for _ in range(40):
        sketch = sketches.merged([(sketch, 0.0)] * 2) or b""

    counts = sketches.counted([(sketch, 0.0)])
    assert counts is not None
    assert counts.total() == 2 << 40
