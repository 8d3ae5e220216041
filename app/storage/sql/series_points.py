"""Points into their buckets, inside the transaction that stores what they were made of.

Sums, counts, least and greatest values are merged by the database. A sketch can't be, so the buckets of points that
have one are read first. Nobody writes between: one server has a database, and its writes come one after the other.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection

from app.storage import sketches
from app.storage.base_series import HOUR_MS, WRITTEN_MS, Point
from app.storage.labels import Values, both, identity
from app.storage.sql.inserts import insert_rows
from app.storage.sql.series_tables import INSERT_BUCKETS
from scrapewatch.events import MAX_SAFE_INTEGER

_Place = tuple[int, int, int]
"""Series, step and time of a bucket: its key."""
_Parts = list[tuple[bytes | None, float]]

_NAME_SERIES: Final = (
    "INSERT INTO series (id, name, labels, last_ms) SELECT w.column1, w.column2, w.column3, w.column4 FROM (VALUES",
    (
        ") AS w LEFT JOIN series s ON s.id = w.column1 WHERE s.id IS NULL OR s.last_ms < w.column4"
        " ON CONFLICT (id) DO UPDATE SET last_ms = excluded.last_ms"
    ),
)
"""Writes those that are new, or have a newer hour; a conflict without a change would lock its row on Postgres."""
_MERGE: Final = (
    INSERT_BUCKETS,
    (
        "ON CONFLICT (series_id, step_ms, at_ms) DO UPDATE SET"
        " sum = buckets.sum + excluded.sum,"
        f" count = CASE WHEN buckets.count + excluded.count < {MAX_SAFE_INTEGER}"
        f" THEN buckets.count + excluded.count ELSE {MAX_SAFE_INTEGER} END,"
        " min = CASE WHEN excluded.min < buckets.min THEN excluded.min ELSE buckets.min END,"
        " max = CASE WHEN excluded.max > buckets.max THEN excluded.max ELSE buckets.max END,"
        " sketch = excluded.sketch"
    ),
)
_AT_ONCE: Final = 500


def merge_points(connection: Connection, points: Iterable[Point]) -> None:
    """Merge points into their buckets of `WRITTEN_MS`, within the caller's transaction."""
    named: dict[int, tuple[str, str, int]] = {}
    merged: dict[_Place, Values] = {}
    parts: dict[_Place, _Parts] = {}
    for point in points:
        number, labels = identity(point.name, point.labels)
        hour = point.at_ms - point.at_ms % HOUR_MS
        named[number] = (point.name, labels, max(hour, named[number][2]) if number in named else hour)
        new = (float(point.sum), point.count, float(point.min), float(point.max), None)
        for step_ms in WRITTEN_MS:
            place = (number, step_ms, point.at_ms - point.at_ms % step_ms)
            held = merged.get(place)
            merged[place] = new if held is None else both(held, new)
            if point.sketch is not None:
                parts.setdefault(place, []).append((point.sketch, new[0]))
    if parts:
        merged |= _with_sketches(connection, merged, parts)
    # Sorted, so that two writers lock rows in the same order.
    insert_rows(connection, _NAME_SERIES, [(number, *row) for number, row in sorted(named.items())])
    insert_rows(connection, _MERGE, [(*place, *merged[place]) for place in sorted(merged)])


def _with_sketches(
    connection: Connection, merged: dict[_Place, Values], parts: dict[_Place, _Parts]
) -> Iterator[tuple[_Place, Values]]:
    """The buckets of `parts`, each with the sketch that it shall have from now on."""
    for place, held in _held(connection, sorted(parts)):
        parts[place].append(held)
    for place, some in parts.items():
        sketch = some[0][0] if len(some) == 1 else sketches.merged(some)
        yield place, (*merged[place][:4], sketch)


def _held(connection: Connection, places: list[_Place]) -> Iterator[tuple[_Place, tuple[bytes | None, float]]]:
    """What the buckets at these places hold already."""
    mark = "(?, ?, ?)" if connection.dialect.paramstyle == "qmark" else "(%s, %s, %s)"
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        values = tuple(value for place in some for value in place)
        for number, step_ms, at_ms, sketch, total in connection.exec_driver_sql(
            held_statement(mark, len(some)), values
        ):
            yield (number, step_ms, at_ms), (sketch, total)


def held_statement(mark: str, number: int) -> str:
    """Reads so many buckets, each by its key: a cross join, as SQLite would else go through all there are."""
    return (
        "SELECT b.series_id, b.step_ms, b.at_ms, b.sketch, b.sum"  # noqa: S608  (marks only)
        f" FROM (VALUES {', '.join([mark] * number)}) AS w CROSS JOIN buckets b"
        " WHERE b.series_id = w.column1 AND b.step_ms = w.column2 AND b.at_ms = w.column3"
    )
