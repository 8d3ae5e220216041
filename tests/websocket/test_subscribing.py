"""What a subscription leaves behind when something goes wrong in the middle of it."""

from typing import Any

import pytest
from flask import Flask, request
from flask_socketio import SocketIO

from app.accounts.principals import Principal
from app.core.errors import Unavailable
from app.websocket.connections import Connections
from app.websocket.live import Live
from app.websocket.readers import LIVE
from tests.fakes import event, no_fold
from tests.websocket.ear import Ear

ANN = Principal("ann", frozenset({"read"}), user_id=1)
SEAT = (LIVE, "sid")


class House:
    """``/live`` with one socket that is let in; `fault` happens in the midst of each reading of the store."""

    def __init__(self, clock, broadcaster, store):
        self.app = Flask("test")
        self.connections = Connections(clock, most=2)
        self.connections.joined(SEAT, "eio", ANN)
        self.ear = Ear()
        self.fault = lambda: None
        socketio = SocketIO(self.app, async_mode="threading")
        made: Any = socketio.server
        made.eio.sockets["eio"] = self.ear
        self._live = Live(socketio, self.connections, broadcaster, self._read, store)

    def _read(self, work, *given):
        self.fault()
        return work(*given)

    def subscribe(self, **wanted):
        with self.app.test_request_context():
            asking: Any = request
            asking.sid = "sid"
            return self._live.subscribe(wanted)


@pytest.fixture
def house(clock, broadcaster, store):
    return House(clock, broadcaster, store)


def away():
    """The database does not answer."""
    raise Unavailable("storage_down", 1_000)


def test_who_is_refused_a_room_is_not_in_it(house, broadcaster, readers, store):
    """The store was away when it wanted to catch up: it hears nothing of a room that it was told it is not in."""
    house.fault = away
    assert house.subscribe(room="events") == {"ok": False, "code": "storage_down", "message": "storage_down"}
    broadcaster.committed(store.append([event()], no_fold))

    assert not readers.is_heard("events")
    assert house.ear.heard() == []


def test_who_is_refused_a_change_goes_on_as_before(house, broadcaster, store):
    """It was in the room by single events, and still is."""
    assert house.subscribe(room="events")["ok"]
    house.fault = away
    assert not house.subscribe(room="events", batched=True)["ok"]
    broadcaster.committed(store.append([event()], no_fold))

    assert [name for name, _ in house.ear.heard()] == ["item_scraped"]


def test_who_goes_while_it_subscribes_is_let_go_whole(house, broadcaster, readers, monkeypatch):
    """It was taken out a moment before it came in; nothing of it is kept, neither its room nor the reader."""
    join = broadcaster.join

    def leave_and_join(*given, **form):
        house.connections.left(SEAT)
        readers.gone("sid")
        return join(*given, **form)

    monkeypatch.setattr(broadcaster, "join", leave_and_join)
    assert house.subscribe(room="events")["ok"]

    assert (readers._readers, readers._rooms) == ({}, {})
