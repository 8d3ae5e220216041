"""The measurement of the store's upkeep, in small: that events go and come meanwhile, not how fast."""

import sys
from pathlib import Path

import pytest

from bench import keeping
from bench.target import target


@pytest.mark.long
def test_a_run_deletes_and_backs_up_while_events_come(tmp_path: Path, one_mode: str):
    """What was old is gone, a backup is there, and each figure was measured."""
    server = target(tmp_path, one_mode, sys.executable)
    figures = keeping.measure(server, f"sqlite:///{tmp_path / 'scrapewatch.db'}", old=1_000)

    assert [figure.budget for figure in figures if figure.budget] == ["≤ 50", "< 1000", "< 1000"]
    assert all(min(figure.values) > 0 for figure in figures if "checkpoint" not in figure.name)
    assert len(list((tmp_path / "backups").glob("*.zip"))) == 1
