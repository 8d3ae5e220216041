"""In which steps a span is shown, and from what it is read."""

import pytest

from app.metrics.resolution import MAX_POINTS, MAX_READ, Span, grid
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, RAW_MS

T = 500_000 * HOUR_MS


@pytest.mark.parametrize("span", [1, RAW_MS, HOUR_MS, DAY_MS, 30 * DAY_MS, 3_650 * DAY_MS])
@pytest.mark.parametrize("series", [1, 200])
@pytest.mark.statement(57)
def test_a_chart_is_cheap_over_any_span(span, series):
    """At most 2,000 points, from at most 24,000 buckets for 200 series up to thirty days, at a step that divides."""
    over = grid(Span(from_ms=T - span, to_ms=T), T, series=series)

    assert 1 <= len(over.times) <= MAX_POINTS
    assert over.step_ms % over.stored_ms == 0
    assert over.times[0] <= T - span < over.times[0] + over.step_ms
    if span <= 30 * DAY_MS:
        assert (over.to_ms - over.from_ms) // over.stored_ms * series <= 2 * MAX_READ


@pytest.mark.parametrize("span", [HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS])
@pytest.mark.parametrize("most", [60, 72, 720, MAX_POINTS])
def test_a_chart_keeps_to_its_points_wherever_its_ends_lie(span, most):
    """A step that its beginning cuts counts, and one that its end cuts."""
    steps = set()
    for shift in (0, 1, RAW_MS, MINUTE_MS - 1, HOUR_MS // 2 + 1):
        over = grid(Span(from_ms=T - span + shift, to_ms=T + shift, most=most), T + shift)
        steps.add(over.step_ms)
        assert len(over.times) <= most

    assert len(steps) == 1


@pytest.mark.parametrize(("age", "stored"), [(DAY_MS, RAW_MS), (3 * DAY_MS, MINUTE_MS), (40 * DAY_MS, HOUR_MS)])
def test_old_runs_are_read_in_a_resolution_that_is_still_kept(age, stored):
    """A ten-minute run of last month has no raw samples any more; a step that is too fine becomes wider."""
    span = {"from_ms": T - age, "to_ms": T - age + 600_000}

    assert grid(Span(**span), T).stored_ms == stored
    assert grid(Span(**span, step_ms=RAW_MS), T).step_ms == stored
