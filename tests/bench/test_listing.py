"""The measurement of the list of jobs, in small: that it runs and counts, not how fast anything is."""

import sys
from pathlib import Path

import pytest

from bench import listing
from bench.target import target
from tests import parts


@pytest.mark.long
@pytest.mark.skipif(parts.chromium() is None, reason="there is no Chromium")
def test_the_list_is_asked_for_and_looked_at_under_load(tmp_path: Path, one_mode: str, monkeypatch: pytest.MonkeyPatch):
    """With jobs that run and jobs that are past; a page that lost its connection or came empty would be told."""
    monkeypatch.setattr(listing, "ASKED", 3)
    monkeypatch.setattr(listing, "LOOK_S", 1)
    server = target(tmp_path, one_mode, sys.executable)

    figures = listing.measure(server, tmp_path, listing.Load(jobs=20, per_s=1_000, minutes=0.05), past=100)

    found = {figure.name.split(": ")[1]: figure.median for figure in figures}
    assert found["events accepted, of 1,000/s"] > 0
    assert found["changes of the page"] > 0
    assert found["connections lost"] == 0
