"""The writer groups what waits, answers after the commit, and lets no message harm another."""

import threading
import time
from contextlib import contextmanager
from copy import copy
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from app.core.errors import Unavailable
from app.storage.base import UNSTORABLE
from app.storage.memory import MemoryEventStore
from app.storage.turns import Submission, Turns
from app.storage.writer import Writer
from tests.fakes import StoppedClock, event, new_id, no_fold, said


class Recorder(MemoryEventStore):
    """A store that remembers its batches, can be held back, and can refuse what it does not like."""

    def __init__(self) -> None:
        super().__init__(StoppedClock(), lambda points: None)
        self.batches: list[list[str]] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.entered = threading.Event()
        self.refuses = lambda events: None

    def append(self, events, fold, refused=MappingProxyType({})):
        self.entered.set()
        assert self.may_go.wait(30)
        self.refuses(events)
        self.batches.append([item.job_id for item in events])
        return super().append(events, fold, refused)


@contextmanager
def writing(store, committed=lambda commit: None, **limits):
    turns = Turns(limits.pop("capacity", 1_000), limits.pop("per_sender", 500))
    writer = Writer(store, no_fold, committed, turns, **{"clock": StoppedClock(), "gap_ms": 0, **limits})
    writer.start()
    try:
        yield writer
    finally:
        store.may_go.set()
        assert writer.close(10)


class Mailbox:
    """Collects answers and lets a test wait for them."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self._changed = threading.Condition()

    def put(self, name):
        def answer(result):
            with self._changed:
                self.answers[name] = result
                self._changed.notify_all()

        return answer

    def wait(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) >= count, 10), self.answers
        return self.answers


def message(name, mailbox, sender_id=1, count=1):
    def read():
        return [event(job_id=name, sender_id=sender_id) for _ in range(count)], ()

    return Submission(sender_id, count, read, mailbox.put(name))


@pytest.fixture
def store():
    return Recorder()


@pytest.fixture
def mailbox():
    return Mailbox()


def closing_refused(writer):
    """Submit until the writer, asked to close by another thread, takes nothing more."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            writer.submit(message("late", Mailbox()))
        except Unavailable as reason:
            return reason.code == "closing"
    return False


def hold(store, writer, mailbox):
    """Let the writer begin a first message and stop inside its commit."""
    store.may_go.clear()
    writer.submit(message("first", mailbox, sender_id=99))
    assert store.entered.wait(30)


def test_messages_that_wait_together_share_a_commit(store, mailbox):
    """And each gets its own outcomes."""
    with writing(store) as writer:
        hold(store, writer, mailbox)
        for name in "abc":
            writer.submit(message(name, mailbox, count=2))
        store.may_go.set()
        answers = mailbox.wait(4)

    assert store.batches[1] == ["a", "a", "b", "b", "c", "c"]
    assert [len(answers[name]) for name in "abc"] == [2, 2, 2]


def test_a_flood_slows_only_its_own_sender(store, mailbox):
    """Another's message is in the next group, after one turn of the flood's."""
    with writing(store, per_sender=2) as writer:
        hold(store, writer, mailbox)
        for number in range(6):
            writer.submit(message(f"flood {number}", mailbox, sender_id=1))
        writer.submit(message("other", mailbox, sender_id=2))
        store.may_go.set()
        mailbox.wait(8)

    assert store.batches[1][:3] == ["flood 0", "flood 1", "other"]


def test_the_answer_follows_the_commit_and_what_it_set_off(store, mailbox):
    """Who hears that an event is stored can find it, and the readers have been told."""
    told: list[int] = []
    seen: dict[str, Any] = {}

    def answer(result):
        seen["stored"] = store.reach().newest
        seen["told"] = list(told)
        mailbox.put("done")(result)

    with writing(store, lambda commit: told.append(commit.events[0].cursor)) as writer:
        writer.submit(Submission(1, 1, lambda: ([event()], ()), answer))
        mailbox.wait(1)

    assert seen == {"stored": 1, "told": [1]}


def test_a_message_that_cannot_be_stored_takes_no_neighbour_with_it(store, mailbox):
    """The group is tried one by one; the others are stored, the bad one is refused for good."""

    def refuse(events):
        if any(item.job_id == "bad" for item in events):
            raise ArithmeticError("poison")

    store.refuses = refuse
    with writing(store) as writer:
        hold(store, writer, mailbox)
        for name in ("a", "bad", "b"):
            writer.submit(message(name, mailbox))
        store.may_go.set()
        answers = mailbox.wait(4)

    assert answers["a"][0].state == answers["b"][0].state == "stored"
    assert answers["bad"] == [UNSTORABLE]


def test_an_event_that_cannot_be_stored_takes_no_neighbour_with_it(store, mailbox):
    """Its message is tried event by event: each has its own outcome, in order, and readers hear of the good."""

    def refuse(events):
        if any(said(item)["n"] == 2 for item in events):
            raise OverflowError("poison")

    told: list[int] = []
    store.refuses = refuse
    with writing(store, lambda commit: told.extend(said(item)["n"] for item in commit.events)) as writer:
        same = new_id()
        made = [event(data={"n": n}, id=same if n in {0, 1} else None) for n in range(4)]
        writer.submit(Submission(1, 4, lambda: ([copy(item) for item in made], ()), mailbox.put("mixed")))
        answers = mailbox.wait(1)

    assert [outcome.code or outcome.state for outcome in answers["mixed"]] == [
        "stored", "id_conflict", "invalid", "stored",
    ]  # fmt: skip
    assert told == [0, 3]


def test_a_broken_database_makes_no_event_invalid(store, mailbox):
    """A sender keeps what it could not deliver for a fault that is not the event's."""

    def refuse(events, *_rest):
        raise DatabaseError("INSERT", {}, Exception("database disk image is malformed"))

    store.append = store.append_singly = refuse
    with writing(store) as writer:
        writer.submit(message("good", mailbox))
        answers = mailbox.wait(1)

    assert answers["good"].code == "storage_down"


def test_a_task_that_comes_as_the_loop_ends_is_refused(store):
    """Though its thread still lives: a future that nobody settles would hold a request for ever."""
    writer = Writer(store, no_fold, lambda commit: None, Turns(9, 9), clock=StoppedClock(), gap_ms=0)
    ended, release = threading.Event(), threading.Event()
    thread = writer._thread
    loop = thread.run

    def lingering():
        loop()
        ended.set()
        release.wait(10)

    thread.run = lingering  # type: ignore[method-assign]
    writer.start()
    alive = [writer.alive]
    try:
        assert not writer.close(0)
        assert ended.wait(30)
        assert [*alive, writer.alive] == [True, False]
        with pytest.raises(Unavailable, match="closing"):
            writer.run(lambda: 5)
    finally:
        release.set()
        thread.join(10)


def test_a_full_store_is_told_to_everyone_who_waits(store, mailbox):
    """Nothing is stored, all may try again."""

    def refuse(events):
        raise Unavailable("storage_full", 5_000)

    store.refuses = refuse
    with writing(store) as writer:
        writer.submit(message("a", mailbox))
        answers = mailbox.wait(1)

    assert (answers["a"].code, answers["a"].retry_after_ms) == ("storage_full", 5_000)


def test_beyond_the_capacity_a_sender_is_told_to_wait(store, mailbox):
    """The queue is bounded; what was refused was not queued."""
    with writing(store, capacity=3) as writer:
        hold(store, writer, mailbox)
        writer.submit(message("fits", mailbox, count=3))
        with pytest.raises(Unavailable, match="busy"):
            writer.submit(message("too much", mailbox))
        assert writer.waiting == 3
        store.may_go.set()
        mailbox.wait(2)


def test_other_writes_run_in_the_same_thread(store):
    """In order, with their result or their error; one that writes again inside does not wait for itself."""
    with writing(store) as writer:
        inner = writer.run(lambda: (threading.current_thread().name, writer.run(lambda: 5).result(1)))
        failing = writer.run(lambda: 1 / 0)

        assert inner.result(10) == ("writer", 5)
        with pytest.raises(ZeroDivisionError):
            failing.result(10)


def test_closing_writes_what_waits_and_takes_nothing_more(store, mailbox):
    """Nothing accepted is lost, nothing new is promised."""
    with writing(store) as writer:
        hold(store, writer, mailbox)
        writer.submit(message("waiting", mailbox))
        closing = threading.Thread(target=writer.close, args=(10,))
        closing.start()
        assert closing_refused(writer)
        store.may_go.set()
        closing.join(10)

    assert mailbox.wait(2)["waiting"][0].state == "stored"
