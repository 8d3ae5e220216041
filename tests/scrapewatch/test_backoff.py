"""Waits between two tries."""

import pytest

from scrapewatch import backoff


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (60, 30), (10_000, 30)])
def test_the_ceiling_doubles_up_to_thirty_seconds(attempt, seconds):
    """Full jitter draws between nothing and this."""
    assert backoff.jitter(attempt, 500, 2.0, draw=lambda: 1.0) == seconds
    assert backoff.jitter(attempt, 500, 2.0, draw=lambda: 0.0) == 0


@pytest.mark.parametrize(("asked_ms", "seconds"), [(0, 0), (-5, 0), (1_500, 1.5), (10**12, 300)])
def test_what_a_server_asks_for_has_bounds(asked_ms, seconds):
    """Five minutes at most: a mistake on the server must not silence its scrapers for years."""
    assert backoff.asked(asked_ms) == seconds
