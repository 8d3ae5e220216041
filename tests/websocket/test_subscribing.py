"""What a subscription is answered where events are gone, and what it leaves behind when something goes wrong."""

from typing import Any

import pytest
from flask import Flask, request
from flask_socketio import SocketIO

from app.accounts.principals import Principal
from app.core.errors import Unavailable
from app.storage.base_keeping import Ages
from app.websocket.connections import Connections
from app.websocket.live import Live
from app.websocket.readers import LIVE
from app.websocket.rooms import FIXED
from tests.fakes import NOW_MS, event, no_fold
from tests.websocket.ear import Ear

ANN = Principal("ann", frozenset({"read"}), user_id=1)
WALL = Principal("wall", frozenset({"read"}), token_id=1, is_wall=True)
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


def test_a_wall_hears_what_dashboards_show(house):
    """And no jobs and events, which its pages do not show either."""
    house.connections.left(SEAT)
    house.connections.joined(SEAT, "eio", WALL)
    entered = {room: house.subscribe(room=room)["ok"] for room in (*FIXED, "job:a")}

    assert entered == {"jobs": False, "alerts": True, "metrics": True, "events": False, "job:a": False}
    assert house.subscribe(room="jobs")["code"] == "forbidden"


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


def prune(store, count):
    assert store.prune(Ages(NOW_MS + 1, NOW_MS), limit=count) == count


@pytest.mark.parametrize("wanted", [{"room": "events"}, {"jobId": "123"}])
def test_one_who_may_have_missed_removed_events_is_told(house, store, wanted):
    """Of those after its cursor the first are gone: what is left is no gap-free replay. One who is behind them is."""
    cursors = [stored.cursor for stored in store.append([event() for _ in range(5)], no_fold).events]
    prune(store, 3)

    missed = house.subscribe(**wanted, since=cursors[1])
    whole = house.subscribe(**wanted, since=cursors[2])

    assert (missed["reset"], missed["replay"], missed["cursor"]) == (True, [], cursors[4])
    assert (whole["reset"], [each["cursor"] for each in whole["replay"]]) == (False, cursors[3:])


def test_one_who_has_all_of_its_job_is_told_of_no_gap(house, store):
    """Whatever was removed of others since; and one who has nothing is given what there is."""
    mine = store.append([event(job_id="mine") for _ in range(2)], no_fold).events[-1].cursor
    store.append([event(job_id="other") for _ in range(2)], no_fold)
    assert store.delete_job("other")

    assert not house.subscribe(jobId="mine", since=mine)["reset"]
    assert house.subscribe(room="events", since=mine)["reset"]
    fresh = house.subscribe(jobId="mine", since=0)
    assert (fresh["reset"], len(fresh["replay"])) == (False, 2)


def test_one_who_has_read_the_newest_job_is_not_reset_by_its_deletion(house, store):
    """The cursor that it has was given, though no event has it any more; one that never was is of another store."""
    store.append([event(job_id="stays")], no_fold)
    newest = store.append([event(job_id="goes")], no_fold).events[-1].cursor
    assert store.delete_job("goes")

    assert not house.subscribe(room="events", since=newest)["reset"]
    assert house.subscribe(room="events", since=newest + 1)["reset"]


@pytest.mark.statement(25)
def test_a_failure_within_is_told_as_that_and_nothing_more(house, caplog):
    """The log has the reason; who subscribes has a code."""

    def fails():
        raise RuntimeError("SELECT secret FROM inside")

    house.fault = fails
    answer = house.subscribe(room="jobs")

    assert (answer["ok"], answer["code"]) == (False, "internal")
    assert not any(word in str(answer) for word in ("SELECT", "RuntimeError", "Traceback", ".py"))
    assert "SELECT secret FROM inside" in caplog.text
