"""The measurement of the history, in small: that its pages are asked for, not how fast they are."""

import sys
from pathlib import Path

import pytest

from bench import filled, history
from bench.curve import Curve
from bench.figures import Figure
from bench.target import target


@pytest.mark.long
def test_a_run_asks_for_every_page(tmp_path: Path, one_mode: str, monkeypatch: pytest.MonkeyPatch):
    """Of each size, says how they compare, and draws their curves; what was filled is kept for the next run."""
    monkeypatch.setattr(history, "ASKED", 1)

    def measured(*sizes: int) -> tuple[list[Figure], list[Curve]]:
        return history.measure(
            lambda name, url: target(tmp_path / name, one_mode, sys.executable, DATABASE_URL=url),
            tmp_path,
            sizes,
            ("sqlite",),
            rounds=1,
        )

    figures, curves = measured(100, 4_000)
    assert {figure.budget for figure in figures} == {"", "≤ 50", "≤ 1.5"}
    assert all(min(figure.values) > 0 for figure in figures)
    assert {curve.name for curve in curves} == history.pages(100).keys()
    assert len(history.told(curves, tmp_path / "curves.svg").splitlines()) == 1 + len(curves)
    assert (tmp_path / "curves.svg").read_text().count("<polyline") == len(curves)

    monkeypatch.setattr(filled, "fill", None)
    assert len(measured(100)[1]) == len(curves)
