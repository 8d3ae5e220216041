"""What tests of stores share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.storage.base import EventStore
from app.storage.base_series import SeriesStore
from app.storage.redis.server import Server
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock
from tests.storage.packed import packing
from tests.storage.places import Address, Place

KINDS = ("sqlite", "postgres", "memory", "redis", "mongodb")
PACKED = "sqlite-packed"
"""Whose events are packed as soon as they are stored: a suite about what is read runs over it, too."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that don't name their stores run over each kind, and suites that say `PACKED_TOO` over one more."""
    named = any(mark.args[0] == "stores" for mark in metafunc.definition.iter_markers("parametrize"))
    if "stores" in metafunc.fixturenames and not named and not hasattr(metafunc.module, "stores"):
        kinds = (*KINDS, PACKED) if getattr(metafunc.module, "PACKED_TOO", False) else KINDS
        metafunc.parametrize("stores", kinds, indirect=True)


@pytest.fixture
def at_full_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is as large as it may be from the beginning."""
    monkeypatch.setattr("app.storage.sql.pace._FIRST", 1.0)


@pytest.fixture
def store(series_store: SeriesStore) -> SeriesStore:
    """Of each kind in turn; modules about other stores have a fixture of this name."""
    return series_store


@pytest.fixture
def clock() -> StoppedClock:
    """The time of the stores."""
    return StoppedClock()


@pytest.fixture
def redis(redis_url: str, clock: StoppedClock) -> Iterator[Server]:
    """A Redis with nothing in it, for the stores of a test."""
    with closing(Server(redis_url, clock)) as server:
        yield server


@contextmanager
def opened(kind: str, request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[Stores]:
    """Empty stores of a kind, with two senders."""
    kind, _, form = kind.partition("-")
    in_sql = kind in {"sqlite", "postgres"}
    address = "memory:" if kind == "memory" else request.getfixturevalue(f"{kind}_url")
    database = Database(address if in_sql else "sqlite:///never-opened.db")
    for name in ("one", "two") if in_sql else ():
        SqlAccountStore(database).sender(name, at_ms=NOW_MS)
    with closing(database), closing(open_stores(address, database, clock)) as stores:
        yield packing(stores, database, clock) if form == "packed" else stores


@pytest.fixture
def stores(request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[Stores]:
    """Empty ones with two senders, of each kind in turn."""
    with opened(request.param, request, clock) as stores:
        yield stores


@pytest.fixture
def event_store(stores: Stores) -> EventStore:
    """An empty store of events with two senders, of each kind in turn."""
    return stores.events


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """An empty store of a kind."""

    def made(kind: str) -> str:
        return f"sqlite:///{tmp_path / 'other.db'}" if kind == "sqlite" else str(request.getfixturevalue(f"{kind}_url"))

    return made


@pytest.fixture
def place(request: pytest.FixtureRequest, sqlite_url: str, address: Address) -> Place:
    """One that has lived, of the kind that the test names."""
    kind = getattr(request, "param", "sqlite")
    url = sqlite_url if kind == "sqlite" else address(kind)
    made = Place(url if kind == "postgres" else sqlite_url, url)
    made.live()
    return made
