"""The broadcaster's bookkeeping, over a server that only takes notes."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.storage.base import Commit
from app.storage.memory import MemoryEventStore
from app.websocket.broadcast import MOST_RECENT, Broadcaster
from tests.fakes import StoppedClock, event, no_fold


class Notes:
    """What a SocketIO server is asked to do."""

    def __init__(self):
        self.emitted: list[tuple[str, str]] = []

    def emit(self, name, payload, *, to, namespace):
        self.emitted.append((name, to))

    def enter_room(self, sid, room, namespace):
        pass

    leave_room = enter_room


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def store(clock):
    return MemoryEventStore(clock, list)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def broadcaster(clock, store, notes, settings):
    runtime: Any = SimpleNamespace(
        every=lambda *_: None, post=lambda work, *args: work(*args), call=lambda work, *args: work(*args)
    )
    figures: Any = SimpleNamespace(job_rate=lambda job_id: None, current=dict)
    socketio: Any = SimpleNamespace(server=notes)
    return Broadcaster(socketio, runtime, store, figures, clock=clock, settings=settings)


def test_a_room_that_everyone_left_costs_nothing(broadcaster, store, notes):
    """No trace of its members is kept, and nothing is emitted to it."""
    for number in range(100):
        broadcaster.join(f"sid{number}", f"job:{number}", batched=bool(number % 2))
        if number % 3:
            broadcaster.gone(f"sid{number}")
        else:
            broadcaster.leave(f"sid{number}", f"job:{number}")
    broadcaster.committed(store.append([event(job_id=str(number)) for number in range(100)], no_fold))

    assert broadcaster._members == {}
    assert broadcaster._waiting == {}
    assert notes.emitted == []


def test_one_who_changes_the_form_is_in_the_room_once(broadcaster, store, notes):
    """From single events to batches."""
    broadcaster.join("sid", "events", batched=False)
    broadcaster.join("sid", "events", batched=True)
    broadcaster.committed(store.append([event()], no_fold))
    broadcaster._send_batches()

    assert notes.emitted == [("events", "batched events")]


def test_recent_is_bounded_in_number_and_time(broadcaster, store, clock):
    """The newest important events of the room, oldest first; none that is older than CACHE_TTL."""
    broadcaster.committed(store.append([event("job_started", job_id=str(n)) for n in range(MOST_RECENT + 50)], no_fold))
    assert [told["jobId"] for told in broadcaster.recent("jobs")] == [str(n) for n in range(50, MOST_RECENT + 50)]

    clock.advance(3_600_001)
    assert broadcaster.recent("jobs") == []


def test_a_deleted_job_is_in_no_cache(broadcaster, store):
    """Its important events are handed out no more."""
    broadcaster.committed(store.append([event("job_started", job_id="kept"), event("error", job_id="gone")], no_fold))
    broadcaster.forget("gone")

    assert [told["jobId"] for told in broadcaster.recent("events")] == ["kept"]


def test_the_cache_is_filled_again_at_the_start(broadcaster, store):
    """From the store, as it was."""
    store.append([event("job_started"), event(), event("job_failed")], no_fold)
    broadcaster.rebuild()

    assert [told["type"] for told in broadcaster.recent("job:123")] == ["job_started", "job_failed"]


def test_an_empty_commit_tells_nothing(broadcaster, notes):
    """Nothing stored, nothing said."""
    broadcaster.join("sid", "events", batched=False)
    broadcaster.committed(Commit([], [], [], 0))

    assert notes.emitted == []
