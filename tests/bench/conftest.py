"""The servers that ours is measured beside."""

from pathlib import Path

import pytest

from tests import parts


@pytest.fixture(scope="session")
def node_peers() -> Path:
    """The folder of the reference in Node, whose packages load."""
    return parts.node_peers() or pytest.skip("the reference in Node: not installed; see `python -m tests.parts`")
