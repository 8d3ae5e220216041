"""The measurement of series, in small: that charts are what the samples say, not how fast anything is."""

import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from app.storage import sketches
from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Point
from app.storage.sql import migrate
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from bench import prometheus, series
from bench.month import NAME, Month, fill
from bench.target import target


@pytest.mark.long
def test_a_run_asks_for_every_chart_and_recounts_it(tmp_path: Path, one_mode: str):
    """Four series over two days: a figure for each span, for the disk and for writing."""
    now_ms = time.time_ns() // 1_000_000
    month = Month(now_ms - now_ms % MINUTE_MS, sources=2, workers=2, days=2)
    folder = tmp_path / "ours"

    figures = series.measure(target(folder, one_mode, sys.executable), folder, month, rounds=1, written_s=2)

    rows = ("p50", "p95", *(("Prometheus", "ours ÷ Prometheus") if prometheus.is_installed() else ()))
    assert len(figures) == len(series.SPANS) * len(rows) + (4 if prometheus.is_installed() else 3)
    assert all(min(figure.values) > 0 for figure in figures[:-1])


def test_the_month_is_what_the_store_would_have_made_of_it(tmp_path: Path):
    """The same samples recorded and rolled up are the same buckets of every resolution, sketches included."""
    month = Month(500_000 * HOUR_MS, sources=1, workers=2, days=1)
    made, lived = tmp_path / "made.db", tmp_path / "lived.db"
    for file in (made, lived):
        migrate.upgrade(f"sqlite:///{file}")
    fill(month, made)
    database = Database(f"sqlite:///{lived}")
    store = SqlSeriesStore(database)
    for labels in month.labels:
        values = enumerate(month.values(labels, month.begin_ms, month.end_ms))
        points = [(month.begin_ms + number * RAW_MS, value) for number, value in values]
        store.record(Point(NAME, labels, at_ms, value, 1, value, value, b"") for at_ms, value in points)
    store.roll_up(month.begin_ms, month.end_ms)
    database.close()

    expected, found = buckets(lived), buckets(made)
    assert found.keys() == expected.keys()
    assert {step_ms for _, step_ms, _ in found} == set(STEPS_MS)
    assert all(found[key][:4] == pytest.approx(expected[key][:4]) for key in found)
    assert all(found[key][4] == expected[key][4] for key in found)


def buckets(file: Path) -> dict[tuple[int, int, int], tuple[float, int, float, float, Counter[int] | None]]:
    """By series, step and time: sum, count, least, greatest, and how the values are spread."""
    rows = sqlite3.connect(file).execute("SELECT series_id, step_ms, at_ms, sum, count, min, max, sketch FROM buckets")
    return {row[:3]: (*row[3:7], sketches.counted([(row[7], row[3])])) for row in rows}
