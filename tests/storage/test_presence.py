"""What processes that share a store know of one another."""

from contextlib import closing

import pytest

from app.core.errors import Unavailable
from app.storage.presence import ALIVE_MS, FORGET_MS, AllSockets, Presence
from app.storage.sql.database import Database
from app.storage.sql.presence import SqlPresenceStore
from tests.fakes import StoppedClock


class Mine:
    """The sockets of one process."""

    def is_open(self, eio_sid: str) -> bool:
        return eio_sid == "s1"

    def by_sender(self) -> dict[int, set[str]]:
        return {7: {"s1"}}


def test_a_process_knows_the_others_until_they_leave_or_fall_silent(database_url: str):
    """And says so when it has not asked for as long itself, rather than that nobody is there."""
    clock = StoppedClock()
    with closing(Database(database_url)) as database:
        store = SqlPresenceStore(database)
        one, two, three = (
            Presence(store, clock, lambda number=number: {"senders": {str(number): 1}})  # type: ignore[misc]
            for number in (7, 8, 9)
        )
        with pytest.raises(Unavailable):
            one.others()
        for each in (two, three, one):
            each.look()
        assert set(one.senders()) == {8, 9}
        everybody = AllSockets(one, Mine())
        assert everybody.is_open("s1")
        assert {sender: len(sockets) for sender, sockets in everybody.by_sender().items()} == {7: 1, 8: 1, 9: 1}

        three.leave(5)
        one.look()
        assert set(one.senders()) == {8}
        clock.advance(ALIVE_MS)
        with pytest.raises(Unavailable):
            one.others()
        clock.advance(1)
        one.look()
        assert one.others() == {}
        clock.advance(FORGET_MS)
        one.look()
        assert len(store.present(0)) == 1
