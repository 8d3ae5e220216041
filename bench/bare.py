"""The floor: the rows that the server stored, inserted again by nothing but SQLite's own driver."""

import sqlite3
import time
from pathlib import Path

from app.storage.sql import migrate
from bench.load import BATCH

MOST_ROWS = 60_000


class Bare:
    """Inserts rows that a server has stored into the same table of a file of its own, one for each round.

    Args:
        stored: the server's database, which may be in use.
        folder: gets the files.
    """

    def __init__(self, stored: Path, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        source = sqlite3.connect(f"file:{stored}?mode=ro", uri=True)
        # Hidden are 1, and generated columns 2 and 3: these make themselves.
        names = [name for _, name, *_, hidden in source.execute("PRAGMA table_xinfo(events)") if not hidden]
        columns = ", ".join(f'"{name}"' for name in names)
        self._rows = source.execute(f"SELECT {columns} FROM events LIMIT {MOST_ROWS}").fetchall()  # noqa: S608  (schema)
        self._insert = f"INSERT INTO events ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        source.close()

    def rate(self, number: int) -> float:
        """Rows per CPU second, in transactions of a batch, each durable when it ends; `number` is the round's."""
        file = self._folder / f"{number}.db"
        migrate.upgrade(f"sqlite:///{file}")
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        batches = [self._rows[start : start + BATCH] for start in range(0, len(self._rows), BATCH)]
        began = time.process_time()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(self._insert, batch)
            connection.execute("COMMIT")
        taken = time.process_time() - began
        connection.close()
        return len(self._rows) / taken
