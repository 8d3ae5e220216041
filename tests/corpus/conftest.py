"""Servers for the corpus: one for each kind of database and ASYNC_MODE that is asked for, for the whole run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.corpus.house import House, inhabited
from tests.postgres import Postgres
from tests.server import ASYNC_MODES, variables

Houses = Callable[[str], House]


@pytest.fixture(scope="session")
def sqlite_houses(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Gives the house of an ASYNC_MODE over SQLite."""

    @contextmanager
    def copied() -> Iterator[str]:
        yield f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('database') / 'scrapewatch.db')}"

    with _houses(copied, tmp_path_factory) as open_one:
        yield open_one


@pytest.fixture(scope="session")
def postgres_houses(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """The same over Postgres."""
    with _houses(postgres_server.database, tmp_path_factory) as open_one:
        yield open_one


@contextmanager
def _houses(database: Callable[[], AbstractContextManager[str]], folders: pytest.TempPathFactory) -> Iterator[Houses]:
    """Each is opened at its first use; all are looked over in the end."""
    opened: dict[str, House] = {}
    with ExitStack() as stack:

        def open_one(mode: str) -> House:
            if mode not in opened:
                folder = folders.mktemp("house")
                url = stack.enter_context(database())
                given = {**variables(folder), "ASYNC_MODE": mode, "DATABASE_URL": url}
                opened[mode] = stack.enter_context(inhabited(given, folder / "server.log"))
            return opened[mode]

        yield open_one


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> House:
    """A house over each kind of database in turn, in one ASYNC_MODE."""
    houses: Houses = request.getfixturevalue(f"{request.param}_houses")
    return houses(pytestconfig.getoption("--async-mode") or ASYNC_MODES[0])


@pytest.fixture
def house_in_mode(sqlite_houses: Houses, async_mode: str) -> House:
    """A house in each ASYNC_MODE in turn."""
    return sqlite_houses(async_mode)
