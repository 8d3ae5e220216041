"""The measurement from emit to pixel, in small: that what is emitted is seen, not how soon."""

import sys
from pathlib import Path

import pytest

from bench import pixel
from bench.target import target


@pytest.mark.long
def test_what_a_scraper_emits_is_seen(tmp_path: Path, one_mode: str):
    """Every event has a moment at which the page shows it or a later one, after its emit."""
    figures = pixel.measure(target(tmp_path, one_mode, sys.executable), rounds=1, seconds=5)

    assert all(min(figure.values) > 0 for figure in figures)
