"""The measurement of unit costs, in small: that each is measured, not what it is."""

import sys
from pathlib import Path
from typing import Any

import pytest

from bench import units
from bench.target import target
from bench.watch import Load


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_run_measures_every_unit(tmp_path: Path, one_mode: str, monkeypatch: pytest.MonkeyPatch):
    """Of each store, of viewers, and of a second process."""
    monkeypatch.setattr(units, "LISTENED_S", 0.5)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):  # Postgres does not run as root
        folder.chmod(0o711)

    def serve(name: str, **more: Any) -> Any:
        return target(tmp_path / name, one_mode, sys.executable, **more)

    sizes = units.Sizes(batches=2, filled=4_000, watched=Load(20, 100, 5, 1), idle=5)
    figures = units.measure(serve, tmp_path / "stores", 1, sizes)

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names)
    for kind in units.DATABASES:
        assert any(name.startswith(f"{kind}: server's CPU") for name in names)
    assert [figure.name for figure in figures if not figure.values] == []
