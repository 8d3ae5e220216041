"""What every test may ask for: settings, a migrated database of its own, a server that really runs.

Real parts that can't be had here skip the tests that need them, with the reason; `make test` lists them at its end.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import config
from app.storage.base_series import SeriesStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.mongo.client import Mongo
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.series import MongoSeriesStore
from app.storage.redis.series import RedisSeriesStore
from app.storage.redis.server import Server as RedisServer
from app.storage.sql import migrate
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from config import Settings
from tests import cache, parts, postgres, redis_server
from tests import mongo_server as mongo
from tests.fakes import StoppedClock
from tests.nursery import Nurseries, compiled
from tests.server import ASYNC_MODES, Server, running, variables

ONCE = {"corpus", "e2e", "reference"}
"""Folders whose tests look at what both modes have in common; those of sockets and of the runtime tell them apart."""

LONGEST = {"demo", "e2e", "faults", "several", "test_scrapy.py", "test_end_of_the_process.py"}
"""Folders and files whose tests start many processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--async-mode` narrows the tests that run under every ASYNC_MODE to one; others, how long some last."""
    parser.addoption("--async-mode", choices=ASYNC_MODES, help="run the server's tests in this ASYNC_MODE only")
    parser.addoption("--fuzz", type=float, default=0, help="minutes of asking at random; 0 for the short form")
    parser.addoption("--texts", choices=("some", "all"), default="some", help="how much of the corpus pages are shown")
    parser.addoption("--faults", choices=("short", "long"), default="short", help="form of the tests in tests/faults")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `async_mode` runs once in each; one of `ONCE` in the first, unless another is chosen."""
    if "async_mode" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--async-mode")
        modes = ASYNC_MODES[:1] if ONCE & set(metafunc.definition.path.parts) else ASYNC_MODES
        metafunc.parametrize("async_mode", [chosen] if chosen else modes, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, lest one file be left to run alone; the rest stays as it was shuffled."""
    items.sort(key=lambda item: not LONGEST & set(item.path.parts))


@pytest.fixture(scope="session", autouse=True)
def no_user_s_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients of the run have a folder of its own; the run fails at its end if one has used the user's."""
    watch = cache.Watch(cache.users_folder())
    watch.begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.SPOOL, str(tmp_path_factory.mktemp("spool")))
        yield
    assert not watch.touched, "The user's cache folder was used, see tests/cache.py"


@pytest.fixture(scope="session", autouse=True)
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for templates that an application of the run has compiled, shared by the processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "templates"
    folder.mkdir(exist_ok=True)
    compiled(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def nurseries(templates: Path) -> Iterator[None]:
    """Servers of the run start where all has been imported, see there."""
    with pytest.MonkeyPatch.context() as patch, closing(Nurseries(templates)) as opened:
        patch.setattr(Server, "nurseries", opened)
        yield


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables with every secret given and all data in the test's own folder."""
    return variables(tmp_path)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """What `environment` says."""
    return config.load(environment)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "scrapewatch.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own, where `settings` expects it."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'scrapewatch.db')}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """A real Postgres, for the whole run."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.Unobtainable as reason:
            pytest.skip(f"Postgres: {reason}")
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """A migrated Postgres database of the test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_running() -> Iterator[str]:
    """The address of a real Redis, for the whole run."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(redis_server.running())
        except redis_server.Unobtainable as reason:
            pytest.skip(f"Redis: {reason}")
        yield url


@pytest.fixture
def redis_url(redis_running: str) -> str:
    """The address of a Redis with nothing in it."""
    return redis_server.emptied(redis_running)


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[mongo.MongoServer]:
    """A server that speaks MongoDB's protocol, for the whole run."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(mongo.running())
        except mongo.Unobtainable as reason:
            pytest.skip(f"MongoDB: {reason}")
        yield server


@pytest.fixture
def mongodb_url(mongo_server: mongo.MongoServer) -> Iterator[str]:
    """An empty MongoDB database of the test's own."""
    with mongo_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgres", "memory", "redis", "mongodb"])
def series_store(request: pytest.FixtureRequest) -> Iterator[SeriesStore]:
    """An empty store of series, of each kind in turn."""
    if request.param == "memory":
        yield MemorySeriesStore()
        return
    if request.param == "mongodb":
        with closing(Mongo(request.getfixturevalue("mongodb_url"))) as mongo:
            yield MongoSeriesStore(mongo, Ledger(mongo))
        return
    if request.param == "redis":
        with closing(RedisServer(request.getfixturevalue("redis_url"), StoppedClock())) as redis:
            yield RedisSeriesStore(redis)
        return
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield SqlSeriesStore(database)
    database.close()


@pytest.fixture
def server(environment: dict[str, str], sqlite_url: str, async_mode: str, tmp_path: Path) -> Iterator[Server]:
    """The real server on a free port, a process of its own, in each ASYNC_MODE in turn."""
    with running({**environment, "ASYNC_MODE": async_mode}, tmp_path / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that runs here."""
    return parts.chromium() or pytest.skip("Chromium: not installed; `python -m tests.parts` obtains it")


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, for a page to run."""
    return parts.axe() or pytest.skip("axe-core: not installed; `python -m tests.parts` obtains it")


@pytest.fixture(scope="session")
def node_client() -> Path:
    """A folder in which Node finds the stock ``socket.io-client``."""
    return parts.node_client() or pytest.skip("Node's socket.io-client: not installed; see `python -m tests.parts`")
