"""Filled databases, made once and kept in a folder if one is given: ten million events take a quarter of an hour."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

from app.storage.sql import migrate, schema
from app.storage.sql.database import Database
from bench.filling import fill
from tests import postgres

STORES: Final = ("sqlite", "postgres")
_DONE: Final = "filled"
_POSTGRES: Final = ("fsync=on", "shared_buffers=512MB", "max_wal_size=4GB")
"""Settings of a server that is meant to work; the disk is waited for."""


@contextmanager
def filled(store: str, size: int, folder: Path) -> Iterator[str]:
    """The address of such a database with so many events, from `folder` if it is there already.

    Raises:
        RuntimeError: there is no Postgres to be had.
    """
    place = folder / f"{store}-{size}-{schema.head()}"
    if not (place / _DONE).exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    with empty(store, place) as url:
        if not (place / _DONE).exists():
            print(f"  filling {store} with {size:,} events", flush=True)
            migrate.upgrade(url)
            fill(url, size)
            _settle(url)
            (place / _DONE).touch()
        yield url


@contextmanager
def empty(store: str, place: Path) -> Iterator[str]:
    """The address of such a database whose files lie in `place`; it holds what they hold, and at first nothing.

    Raises:
        RuntimeError: there is no Postgres to be had.
    """
    place.mkdir(parents=True, exist_ok=True)
    if store == "sqlite":
        yield f"sqlite:///{place / 'scrapewatch.db'}"
        return
    with clustered(place) as url:
        yield url


@contextmanager
def clustered(place: Path, *settings: str) -> Iterator[str]:
    """The address of a database on a Postgres whose files lie in `place`; it runs as long as the block.

    Raises:
        RuntimeError: there is no Postgres to be had.
    """
    try:
        cluster = postgres.Cluster(place)
    except postgres.Unobtainable as reason:
        raise RuntimeError(f"Postgres: {reason}") from reason
    cluster.start(*_POSTGRES, *settings)
    try:
        name = "bench"
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(cluster.url)._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()
    finally:
        cluster.stop()


def _settle(url: str) -> None:
    """What comes by itself where a database has grown over days: statistics, and nothing left to write."""
    database = Database(url, checkpoints=True)
    connection = database.engine.raw_connection()
    driver: Any = connection.driver_connection
    if database.is_sqlite:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.execute("CHECKPOINT")
        driver.autocommit = False
    connection.close()
    database.close()
