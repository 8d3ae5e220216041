"""The floor: the rows that the server stored, inserted again by nothing but SQLite's own driver."""

import sqlite3
import time
from pathlib import Path

from app.storage.sql import migrate
from bench.ingest import BATCH


def measure(stored: Path, folder: Path, rounds: int) -> list[float]:
    """Rows per CPU second: those of `stored`, in as many transactions, each durable when it ends; one file a round."""
    source = sqlite3.connect(stored)
    cursor = source.execute("SELECT * FROM events ORDER BY cursor")
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    source.close()
    insert = f"INSERT INTO events ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608  (constants)
    return [_round(folder / f"{number}.db", insert, rows) for number in range(rounds)]


def _round(file: Path, insert: str, rows: list[tuple[object, ...]]) -> float:
    migrate.upgrade(f"sqlite:///{file}")
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    began = time.process_time()
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, batch)
        connection.execute("COMMIT")
    taken = time.process_time() - began
    connection.close()
    return len(rows) / taken
