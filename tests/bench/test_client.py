"""The measurements of what a scraper pays, in small: that they run and count, not how fast anything is."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import client, crawl
from bench.client import Counts
from bench.target import target


@pytest.mark.long
def test_a_scraper_is_measured_with_the_server_there_and_away(tmp_path: Path, one_mode: str):
    """Each figure has a value for each round, and a run that lost an item would have raised."""
    server = target(tmp_path / "ours", one_mode, sys.executable)

    figures = client.measure(server, tmp_path, 2, Counts(items=1_000, loop=1_000, drained=2_000))

    assert [len(figure.values) for figure in figures] == [2] * 6
    assert all(figure.median > 0 for figure in figures)


@pytest.mark.long
def test_a_crawl_is_measured_with_us_and_without(tmp_path: Path, one_mode: str):
    """Both crawl the whole shop, and only the one with us is seen by the server."""
    server = target(tmp_path / "ours", one_mode, sys.executable)

    figures = crawl.measure(server, tmp_path, 1, per_category=5)

    assert all(figure.median > 0 for figure in figures)
    assert (tmp_path / "scrapy.log").read_text() == ""
    with closing(sqlite3.connect(tmp_path / "ours/scrapewatch.db")) as stored:
        assert stored.execute("SELECT status, items FROM jobs").fetchall() == [("completed", 60)]
