"""The measurement of the history, in small: that its pages are asked for, not how fast they are."""

import sys
from pathlib import Path

import pytest

from bench import history
from bench.target import target


@pytest.mark.long
def test_a_run_asks_for_every_page(tmp_path: Path, one_mode: str, monkeypatch):
    """Of each size, and says how they compare."""
    monkeypatch.setattr(history, "ASKED", 1)
    servers = {
        size: (target(tmp_path / str(size), one_mode, sys.executable), tmp_path / str(size)) for size in (10, 60)
    }

    figures = history.measure(servers, rounds=1)

    assert [figure.budget for figure in figures] == ["", "≤ 50", ""]
    assert all(min(figure.values) > 0 for figure in figures)
