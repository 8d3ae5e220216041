"""Bare WebSockets for the tests of this folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server import Server
from tests.sockets import Raw


@pytest.fixture
def raw() -> Iterator[Callable[..., Raw]]:
    """Opens bare WebSockets to a server and closes them in the end."""
    opened = []

    def connect(server: Server, *where: str, **options: Any) -> Raw:
        opened.append(Raw(server, *where, **options))
        return opened[-1]

    yield connect
    for each in opened:
        each.line.shutdown()
