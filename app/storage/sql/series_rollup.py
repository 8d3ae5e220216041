"""Coarser buckets out of finer ones.

Those to be made anew are found by the database, as the ones of which the finer hold more values than they do, so that
what has not grown costs no more than being counted. They are read and merged outside of any transaction that
writes, and a write that was overtaken by a later point is made good by the next roll-up.
"""

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, text

from app.storage import sketches
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_DAY_MS, QUARTER_HOUR_MS
from app.storage.sql.database import Database
from app.storage.sql.inserts import insert_rows
from app.storage.sql.series_tables import INSERT_BUCKETS
from scrapewatch.events import MAX_SAFE_INTEGER

# Finer buckets only ever gain; where a coarser one would shrink, its finer ones have been pruned and it stands.
_GROWN: Final = text(
    "SELECT f.series_id, f.sum, f.count, f.min, f.max, f.sketch FROM buckets f JOIN ("
    "SELECT b.series_id FROM buckets b"
    " LEFT JOIN buckets c ON c.series_id = b.series_id AND c.step_ms = :coarse AND c.at_ms = :begin"
    " WHERE b.step_ms = :fine AND b.at_ms >= :begin AND b.at_ms < :end"
    " GROUP BY b.series_id, c.count HAVING c.count IS NULL OR sum(b.count) > c.count"
    ") grown ON grown.series_id = f.series_id"
    " WHERE f.step_ms = :fine AND f.at_ms >= :begin AND f.at_ms < :end ORDER BY f.series_id"
)
_REPLACE: Final = (
    INSERT_BUCKETS,
    (
        "ON CONFLICT (series_id, step_ms, at_ms) DO UPDATE SET sum = excluded.sum, count = excluded.count,"
        " min = excluded.min, max = excluded.max, sketch = excluded.sketch WHERE excluded.count >= buckets.count"
    ),
)
_AT_ONCE: Final = 1_000
"""Buckets written by one transaction."""


def roll_up(database: Database, from_ms: int, to_ms: int) -> None:
    """See `SeriesStore.roll_up`."""
    first = from_ms + -from_ms % HOUR_MS
    for fine, coarse, begin in (
        (MINUTE_MS, QUARTER_HOUR_MS, first),
        (QUARTER_HOUR_MS, HOUR_MS, first),
        (HOUR_MS, QUARTER_DAY_MS, first - first % QUARTER_DAY_MS),
        (QUARTER_DAY_MS, DAY_MS, first - first % DAY_MS),
    ):
        for at_ms in range(begin, to_ms, coarse):
            span = {"fine": fine, "coarse": coarse, "begin": at_ms, "end": at_ms + coarse}
            rows = list(database.read(partial(_made, span=span), long=True))
            for start in range(0, len(rows), _AT_ONCE):
                database.write(partial(insert_rows, statement=_REPLACE, rows=rows[start : start + _AT_ONCE]))


def _made(connection: Connection, span: dict[str, int]) -> list[tuple[Any, ...]]:
    """The coarse buckets of one time that have to be written, as rows."""
    found = connection.execute(_GROWN, span)
    return list(_whole(span, groupby(found, key=itemgetter(0))))


def _whole(span: dict[str, int], by_series: Any) -> Iterator[tuple[Any, ...]]:
    for number, rows in by_series:
        _, sums, counts, least, most, spread = zip(*rows, strict=True)
        sketch = sketches.merged(zip(spread, sums, strict=True)) if len(sums) > 1 else spread[0]
        count = min(sum(counts), MAX_SAFE_INTEGER)
        yield number, span["coarse"], span["begin"], sum(sums), count, min(least), max(most), sketch
