"""Who is put out when accounts change, step by step."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import Unavailable
from app.websocket.expulsion import Expulsion


@pytest.fixture
def seats():
    """Nobody sits anywhere yet."""
    made: Any = SimpleNamespace(no_longer_valid=lambda still_valid: set())
    return made


@pytest.fixture
def out() -> list[tuple[str, str]]:
    """Who was put out, and why."""
    return []


@pytest.fixture
def expulsion(seats, out):
    """Of accounts that have gone from revision 0 to 2."""
    accounts: Any = SimpleNamespace(revision=lambda: 2, still_valid=lambda principal: False)
    return Expulsion(accounts, seats, lambda *dropped: out.append(dropped))


def test_the_revision_moves_before_anyone_is_looked_at(expulsion, seats, out):
    """One who joins while the others are looked at notices, and is looked at too."""
    seen = []

    def look(still_valid):
        seen.append(expulsion.revision)
        return {"1"}

    seats.no_longer_valid = look
    before = expulsion.revision
    expulsion.look()
    expulsion.look()

    assert seen == [2]
    assert out == [("1", "access_ended")]
    assert expulsion.is_out(before, None)
    assert not expulsion.is_out(expulsion.revision, None)


def test_nobody_is_forgotten_while_the_database_is_away(expulsion, seats, out):
    """What could not be asked is asked again."""

    def away(still_valid):
        raise Unavailable("storage_down")

    seats.no_longer_valid = away
    expulsion.look()
    assert out == []

    seats.no_longer_valid = lambda still_valid: {"1"}
    expulsion.look()
    assert out == [("1", "access_ended")]
