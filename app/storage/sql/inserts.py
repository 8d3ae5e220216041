"""Many rows by one statement: a sixth of what SQLAlchemy's `executemany` takes."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

_AT_ONCE: Final = 500


def insert_rows(connection: Connection, statement: tuple[str, str], rows: Sequence[tuple[object, ...]]) -> None:
    """Run the `statement`, what stands before its rows and what stands after them."""
    head, tail = statement
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        one = f"({', '.join([mark] * len(some[0]))})"
        values = tuple(chain.from_iterable(some))
        connection.exec_driver_sql(f"{head} {', '.join([one] * len(some))} {tail}", values)


def json_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as one argument for Postgres' `json_to_recordset`, bytes in hexadecimal."""
    hexed = [
        {name: value.hex() if isinstance(value, bytes) else value for name, value in zip(names, row, strict=True)}
        for row in rows
    ]
    return msgspec.json.encode(hexed).decode()
