"""Sketches: close to the values they were made of, however they were merged."""

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


def whole(parts):
    return sketches.merged((sketches.of(part) if len(part) > 1 else b"", sum(part)) for part in parts)


@given(VALUES, SHARES)
def test_a_quantile_is_within_one_percent(values, share):
    """Of positive and negative values, from next to nothing to a million millions."""
    counts = sketches.counted([(sketches.of(values), 0.0)])
    assert counts is not None
    true = at_rank(values, share)

    assert abs(sketches.quantile(counts, share) - true) <= sketches.ERROR * abs(true) * 1.000001


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
    counts = sketches.counted([(sketches.of(values), 0.0)])
    assert counts is not None

    expected = reference.get_quantile_value(share)
    assert expected is not None
    assert abs(sketches.quantile(counts, share) - expected) <= abs(expected) * 2 * sketches.ERROR


def test_one_part_without_a_sketch_leaves_the_whole_without():
    """Half of the truth would pass for all of it."""
    assert sketches.merged([(sketches.of([1, 2]), 3.0), (None, 3.0)]) is None
    assert sketches.merged([]) is not None


def test_extreme_values_are_kept_within_reach():
    """What is next to nothing counts as 0, and what is beyond all measure as the greatest."""
    counts = sketches.counted([(sketches.of([5e-324, 1e308, -1e308]), 0.0)])

    assert counts is not None
    assert sketches.quantile(counts, 0.5) == 0
    assert sketches.quantile(counts, 1.0) > 1e200
    assert sketches.quantile(counts, 0.0) < -1e200


def test_a_minute_takes_a_few_bytes():
    """Twelve samples are 25 bytes, and 720 alike samples of an hour less than a hundred."""
    assert len(sketches.of([100.0 + n for n in range(12)])) == 25
    assert len(sketches.of([100.0 + n % 12 for n in range(720)])) < 100
