"""Who is put out when accounts change, step by step."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Unavailable
from app.websocket.server import Sockets


@pytest.fixture
def sockets():
    """As much of the sockets as the question needs: accounts that have gone from revision 1 to 2."""
    accounts = SimpleNamespace(revision=lambda: 2, still_valid=lambda principal: False)
    made: Any = SimpleNamespace(
        _revision=1, _services=SimpleNamespace(accounts=accounts), connections=SimpleNamespace()
    )
    return made


def test_the_revision_moves_before_anyone_is_looked_at(sockets):
    """One who joins while the others are looked at notices, and is looked at too."""
    seen = []

    def look(still_valid):
        seen.append(sockets._revision)
        return {"1"}

    sockets.connections.no_longer_valid = look

    assert Sockets._expelled(sockets) == {"1"}
    assert seen == [2]
    assert Sockets._expelled(sockets) == set()
    assert seen == [2]


def test_nobody_is_forgotten_while_the_database_is_away(sockets):
    """What could not be asked is asked again."""

    def away(still_valid):
        raise Unavailable("storage_down")

    sockets.connections.no_longer_valid = away
    assert Sockets._expelled(sockets) == set()

    sockets.connections.no_longer_valid = lambda still_valid: {"1"}
    assert Sockets._expelled(sockets) == {"1"}
