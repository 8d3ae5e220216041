"""The measurement of packing, in small: that a job of the demo's spider is packed and read, not how fast."""

import sys
from pathlib import Path

import pytest

from bench import packing
from bench.target import target


@pytest.mark.long
def test_a_run_packs_a_crawl_and_reads_it(tmp_path: Path, one_mode: str):
    """Bodies are as small as is promised, and each figure was measured."""
    servers = {
        name: (target(tmp_path / name, one_mode, sys.executable), tmp_path / name) for name in ("packed", "plain")
    }

    figures = packing.measure(servers, tmp_path, rounds=1, per_category=10)

    assert [figure.budget for figure in figures if figure.budget] == ["≥ 5", "≤ 50", "≤ 2", "≤ 2", "≤ 2"]
    assert all(min(figure.values) > 0 for figure in figures)
    assert figures[0].met
