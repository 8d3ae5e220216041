"""Three processes of the server on one Postgres, for the tests of a module."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import postgres, redis_server
from tests.several.house import House, opened

PATIENCE_S = 30


@pytest.fixture
def house(whole_house: House) -> Iterator[House]:
    """All of it runs; whoever stops a part starts it again, or else it is started when that test has failed."""
    yield whole_house
    for server in whole_house.servers:
        if server.process.poll() is not None:
            server.start()


@pytest.fixture(scope="module")
def whole_house(postgres_server: postgres.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The same, for all tests of the module."""
    try:
        with opened(postgres_server, tmp_path_factory.mktemp("several")) as made:
            yield made
    except redis_server.Unobtainable as reason:
        pytest.skip(f"Redis: {reason}")


def until(true: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """What `true` returns, once it is something."""
    deadline = time.monotonic() + patience_s
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
