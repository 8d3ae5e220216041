"""Series on SQLite and Postgres: buckets of a sum, a count, a least and a greatest value at each resolution.

What a chart shows is added up by the database, so that a month of many series comes out as a few hundred rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import Connection, TextClause, delete, exists, func, select, text

from app.storage.base_series import (
    FIGURES,
    STEPS_MS,
    Bucket,
    Cells,
    Combined,
    Dated,
    Labels,
    Point,
    Sketched,
    Stretch,
    edges,
    oldest_of,
)
from app.storage.labels import identity
from app.storage.sql.database import Database
from app.storage.sql.series_points import merge_points
from app.storage.sql.series_rollup import roll_up
from app.storage.sql.series_tables import NAMES, buckets, find_series, has_series, newest_series, series
from app.storage.touched import Touched, spans
from scrapewatch.events import MAX_SAFE_INTEGER

_WANTED: Final = {
    "sqlite": "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS place"
    " FROM json_each(:wanted) LIMIT -1) AS w",  # a limit, so that JSON is not read again for each bucket
    "postgresql": "(SELECT (value ->> 0)::bigint AS id, (value ->> 1)::bigint AS place"
    " FROM jsonb_array_elements(CAST(:wanted AS jsonb))) AS w",
}
"""The series asked for, as a table: their numbers, and their places."""

_JOINS: Final = {
    "sqlite": "CROSS JOIN buckets b WHERE b.series_id = w.id AND",  # a cross join, so that it keeps to the order
    "postgresql": "JOIN buckets b ON b.series_id = w.id WHERE",
}
_WITHIN: Final = "b.step_ms = :stored AND b.at_ms >= :begin AND b.at_ms < :end"
_CELL: Final = "w.place * :steps + (b.at_ms - :first) / :step AS cell"
_COLUMNS: Final = {"sum": "sum(b.sum)", "min": "min(b.min)", "max": "max(b.max)"}
_COUNT: Final = {"sqlite": "total(b.count)", "postgresql": "CAST(sum(b.count) AS DOUBLE PRECISION)"}
"""Not an integer: the sum of counts that are full would overflow it."""

_OLDEST: Final = select(
    *(select(func.min(buckets.c.at_ms)).where(buckets.c.step_ms == step_ms).scalar_subquery() for step_ms in STEPS_MS)
)
"""The beginning of the oldest bucket of each resolution."""

_RETIRED_MS: Final = 10_000
"""A resolution that earlier versions wrote; nobody reads it, and it goes with the raw ones."""

_SLICE: Final = 2_500
"""Buckets that one transaction deletes, about: some 20 ms."""

_AT_ONCE: Final = 500


class SqlSeriesStore:
    """`SeriesStore` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._touched = Touched()
        dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._combined = lru_cache(partial(_combining, dialect))
        self._single = _statement(dialect, f"{_CELL}, b.sketch, b.sum")
        bucket = f"SELECT 1 FROM buckets b WHERE b.series_id = w.id AND {_WITHIN}"  # noqa: S608
        self._alive = text(f"SELECT w.place FROM {_WANTED[dialect]} WHERE EXISTS ({bucket})")  # noqa: S608

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        given = list(points)  # the writer may take its turn later
        self._database.write(lambda connection: self.merge(connection, given))

    def merge(self, connection: Connection, points: Iterable[Point]) -> None:
        """Merge points into their buckets, within the caller's transaction."""
        given = list(points)
        self._touched.note(given)
        merge_points(connection, given)

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`; what is to be written is written in small transactions."""
        roll_up(self._database, from_ms, to_ms)

    def catch_up(self, before_ms: int) -> None:
        """See `SeriesStore`."""
        # Taken in the writer's turn, so that what was noted is also committed.
        touched = self._database.write(lambda _: self._touched.take())
        try:
            for begin, end in spans(touched, before_ms):
                roll_up(self._database, begin, end)
        except Exception:
            self._touched.put_back(touched)
            raise

    def find(self, name: str, labels: Mapping[str, str], since_ms: int = 0) -> list[Labels]:
        """See `SeriesStore`."""
        return self._database.read(lambda connection: find_series(connection, name, labels, since_ms))

    def has(self, name: str, labels: Mapping[str, str]) -> bool:
        """See `SeriesStore`."""
        return self._database.read(lambda connection: has_series(connection, name, labels))

    def names(self) -> list[str]:
        """See `SeriesStore`."""
        return self._database.read(lambda connection: sorted(connection.scalars(NAMES)))

    def newest(self, name: str, limit: int, *, since_ms: int = 0, before_ms: int | None = None) -> list[Dated]:
        """See `SeriesStore`."""
        return self._database.read(lambda connection: newest_series(connection, name, limit, since_ms, before_ms))

    def since(self) -> int | None:
        """See `SeriesStore`."""
        return oldest_of(self._database.read(lambda connection: tuple(connection.execute(_OLDEST).one())))

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """See `SeriesStore`."""
        places = {labels: place for place, labels in enumerate(series)}
        found = self._database.read(partial(_rows, statement=self._alive, asked=_asked(_places(name, places), within)))
        return [series[place] for (place,) in sorted(found)]

    def combine(
        self,
        name: str,
        groups: Mapping[Labels, int],
        within: Sequence[Stretch],
        cells: Cells,
        figures: Sequence[str] = FIGURES,
    ) -> list[Combined]:
        """See `SeriesStore`; one query a stretch, and none for no series."""
        return self._of_cells(self._combined(tuple(figures)), _places(name, groups), within, cells) if groups else []

    def sketched(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], cells: Cells
    ) -> list[Sketched]:
        """See `SeriesStore`."""
        return self._of_cells(self._single, _places(name, groups), within, cells) if groups else []

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        wanted = self.find(name, labels)
        places = {carried: place for place, carried in enumerate(wanted)}
        begin = from_ms - from_ms % step_ms
        cells = Cells(begin, step_ms, -(-(to_ms - begin) // step_ms))
        found: dict[Labels, list[Bucket]] = {}
        for cell, total, count, least, most in sorted(
            self.combine(name, places, [Stretch(step_ms, from_ms, to_ms)], cells)
        ):
            place, number = divmod(cell, cells.steps)
            bucket = Bucket(begin + number * step_ms, total, min(int(count), MAX_SAFE_INTEGER), least, most)
            found.setdefault(wanted[place], []).append(bucket)
        return found

    def _of_cells(self, statement: TextClause, wanted: str, within: Sequence[Stretch], cells: Cells) -> list[Any]:
        target = {"first": cells.from_ms, "step": cells.step_ms, "steps": cells.steps}
        found: list[Any] = []
        for stretch in within:
            asked = _asked(wanted, stretch) | target
            found += self._database.read(partial(_rows, statement=statement, asked=asked))
        return found

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`; in slices, so that no other write waits long."""
        before_ms = edges(
            raw_before_ms=raw_before_ms, minutes_before_ms=minutes_before_ms, hours_before_ms=hours_before_ms
        )
        gone = 0
        for step_ms, edge_ms in {_RETIRED_MS: raw_before_ms, **before_ms}.items():
            while went := self._database.write(partial(_prune, step_ms=step_ms, before_ms=edge_ms)):
                gone += went
        return gone


def _statement(dialect: str, columns: str, *, grouped: bool = False) -> TextClause:
    source = f"FROM {_WANTED[dialect]} {_JOINS[dialect]} {_WITHIN}"
    return text(f"SELECT {columns} {source}{' GROUP BY 1' if grouped else ''}")


def _combining(dialect: str, figures: tuple[str, ...]) -> TextClause:
    """A cell is one number, also because that is sorted in two thirds of the time that group and step take."""
    known = {**_COLUMNS, "count": _COUNT[dialect]}
    columns = [_CELL, *(known[figure] for figure in figures)]
    return _statement(dialect, ", ".join(columns), grouped=True)


def _places(name: str, groups: Mapping[Labels, int]) -> str:
    """The numbers of series and their places, as JSON."""
    return json.dumps([(identity(name, labels)[0], place) for labels, place in groups.items()], separators=(",", ":"))


def _asked(wanted: str, within: Stretch) -> dict[str, Any]:
    return {"wanted": wanted, "stored": within.step_ms, "begin": within.from_ms, "end": within.to_ms}


def _rows(connection: Connection, statement: TextClause, asked: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """As the driver gives them: a record of each takes as long again as reading it."""
    found: Sequence[tuple[Any, ...]] = connection.execute(statement, asked).cursor.fetchall()
    return found


def _prune(connection: Connection, step_ms: int, before_ms: int) -> int:
    """Delete the oldest buckets of one resolution, about a slice of them, and series that have none left."""
    old = select(buckets.c.at_ms).where(buckets.c.step_ms == step_ms, buckets.c.at_ms < before_ms)
    times = connection.scalars(old.order_by(buckets.c.at_ms).limit(_SLICE)).all()
    if not times:
        return 0
    # Buckets of one time go together; where a time has more than a slice, they are all it deletes.
    edge = times[-1] if len(times) == _SLICE and times[0] < times[-1] else times[-1] + 1
    gone = (buckets.c.step_ms == step_ms) & (buckets.c.at_ms < edge)
    touched = connection.scalars(select(buckets.c.series_id).where(gone).distinct()).all()
    went = connection.execute(delete(buckets).where(gone)).rowcount
    for start in range(0, len(touched), _AT_ONCE):
        empty = ~exists(select(buckets.c.series_id).where(buckets.c.series_id == series.c.id))
        connection.execute(delete(series).where(series.c.id.in_(touched[start : start + _AT_ONCE]), empty))
    return went
