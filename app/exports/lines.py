"""A table as the text of a file, a piece a page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from app.exports.spreadsheet import csv_text
from app.exports.tables import Table


class Piece(NamedTuple):
    """Some of the file, how many rows of the table it holds, and what is left, as `Page` says."""

    text: bytes
    rows: int
    left: int | None


def csv(table: Table) -> Iterator[Piece]:
    """With a head."""
    yield Piece(csv_text([table.columns]).encode(), 0, None)
    for page in table.pages:
        rows = [point for row in page.rows for point in table.points(row)] if table.points else page.rows
        yield Piece(csv_text(map(table.row, rows)).encode(), len(rows), page.left)


def jsonl(table: Table) -> Iterator[Piece]:
    """An object a line."""
    for page in table.pages:
        text: Any = msgspec.json.Encoder().encode_lines(map(table.shown, page.rows))
        yield Piece(text, len(page.rows), page.left)


FORMATS: Final[Mapping[str, Callable[[Table], Iterator[Piece]]]] = {"csv": csv, "jsonl": jsonl}
