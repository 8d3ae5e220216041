"""The servers that ours is measured beside."""

from pathlib import Path

import pytest

from tests import parts
from tests.server import ASYNC_MODES


@pytest.fixture(scope="session")
def node_peers() -> Path:
    """The folder of the reference in Node, whose packages load."""
    return parts.node_peers() or pytest.skip("the reference in Node: not installed; `make bench` does it")


@pytest.fixture
def one_mode(pytestconfig: pytest.Config) -> str:
    """One ASYNC_MODE: what is tested here is the same in all of them."""
    return str(pytestconfig.getoption("--async-mode") or ASYNC_MODES[0])
