"""Accounts over a real database, and a small guarded app."""

from collections.abc import Iterator
from dataclasses import replace

import flask
import pytest
from flask.testing import FlaskClient

from app.accounts.service import Accounts
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from config import Settings
from tests.accounts.door import CHEAP, guarded
from tests.fakes import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that stands still."""
    return StoppedClock()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlAccountStore]:
    """An empty store."""
    database = Database(sqlite_url, readers=2)
    yield SqlAccountStore(database)
    database.close()


@pytest.fixture
def accounts(store: SqlAccountStore, clock: StoppedClock) -> Accounts:
    """Accounts with nobody in them."""
    return Accounts(store, clock, CHEAP)


@pytest.fixture
def people(accounts: Accounts) -> Accounts:
    """Accounts with one user a role, named for it, with the password `<role>'s`."""
    for role in ("admin", "operator", "viewer"):
        accounts.users.create(role, f"{role}'s", role)
    return accounts


@pytest.fixture
def plain(settings: Settings) -> Settings:
    """Settings of a server at ``http://localhost``, which is what Flask's test client asks for."""
    return replace(settings, public_url="http://localhost")


@pytest.fixture
def app(people: Accounts, plain: Settings, clock: StoppedClock) -> flask.Flask:
    """A guarded app with one view a mark."""
    return guarded(people, plain, clock)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    """A browser or a program, as it comes."""
    return app.test_client()
