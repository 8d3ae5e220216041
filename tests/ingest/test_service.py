"""The door for events, over a real writer and a real store."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import pytest

from app.fold import folding
from app.ingest.check import Checker
from app.ingest.service import Ingest
from app.storage.base import EventStore, Fold
from app.storage.memory import MemoryEventStore
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series import SqlSeriesStore
from app.storage.sql.series_points import merge_points
from app.storage.turns import Turns
from app.storage.writer import Writer
from scrapewatch.events import MAX_SAFE_INTEGER
from tests.fakes import NOW_MS, StoppedClock, fresh_limits

CHECKER = Checker(lambda: NOW_MS, 86_400_000)


def envelope(type_: str, job_id: str = "123", **data: Any) -> dict[str, Any]:
    return {"type": type_, "jobId": job_id, "timestamp": NOW_MS, "data": data}


@contextmanager
def opened(store: EventStore, fold: Fold | None = None, capacity: int = 20_000) -> Iterator[Ingest]:
    writer = Writer(
        store,
        fold or folding(fresh_limits()),
        lambda commit: None,
        Turns(capacity, 500),
        clock=StoppedClock(),
        gap_ms=0,
    )
    writer.start()
    ingest = Ingest(writer, CHECKER, StoppedClock())
    assert ingest.ready()
    yield ingest
    assert writer.close(10)
    assert not ingest.ready()


def send(ingest: Ingest, envelopes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Send and wait for the answer."""
    answers: list[dict[str, Any]] = []
    answered = threading.Event()

    def reply(answer: dict[str, Any]) -> None:
        answers.append(answer)
        answered.set()

    ingest.submit_array(1, json.dumps(envelopes).encode(), reply)
    assert answered.wait(30)
    return answers[0]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """With the sender 1."""
    made = Database(database_url)
    SqlAccountStore(made).sender("one", at_ms=NOW_MS)
    yield made
    made.close()


@pytest.fixture
def ingest(database: Database) -> Iterator[Ingest]:
    with opened(SqlEventStore(database, StoppedClock(), merge_points)) as door:
        yield door


def test_no_count_is_too_great_for_a_store(database, ingest):
    """Three times 499 of the greatest counts there are: all are taken, beside a neighbour, and sums stop at one."""
    batch = [envelope(type_, count=MAX_SAFE_INTEGER) for type_ in ("item_summary", "error")] * 249
    answers = [send(ingest, [*batch, envelope("item_scraped", "innocent")]) for _ in range(3)]

    assert [(answer["ok"], answer["accepted"]) for answer in answers] == [(True, 499)] * 3
    found = SqlSeriesStore(database).read("items", {"job": "123"}, from_ms=0, to_ms=2 * NOW_MS, step_ms=60_000)
    ((bucket,),) = found.values()
    assert bucket.count == MAX_SAFE_INTEGER


def test_what_a_store_cannot_take_is_refused_alone(database):
    """An event that no rule foresaw is invalid for good; its neighbours are stored."""

    def poisoned(commit, jobs):
        if any(event.body.get("poison") for event in commit.events):
            raise OverflowError("int too large")
        return folding(fresh_limits())(commit, jobs)

    with opened(SqlEventStore(database, StoppedClock(), merge_points), poisoned) as ingest:
        answer = send(ingest, [envelope("error"), envelope("error", poison=True), envelope("error")])

    assert (answer["ok"], answer["accepted"]) == (True, 2)
    assert answer["rejected"] == [
        {"index": 1, "id": None, "code": "invalid", "field": "", "message": "could not be stored"}
    ]


@pytest.mark.parametrize(
    "submit",
    [
        lambda ingest, text, reply: ingest.submit_array(1, b"[" + text + b"]", reply),
        lambda ingest, text, reply: ingest.submit(1, [text], reply),
    ],
    ids=["array", "texts"],
)
def test_the_queue_is_bounded_by_what_it_holds(submit: Callable[..., None]):
    """A message weighs at least its KiB, however few events it says to hold; else a hundred would fill the memory."""
    gate = threading.Event()

    class Held(MemoryEventStore):
        def append(self, events, fold, refused=MappingProxyType({})):
            assert gate.wait(30)
            return super().append(events, fold, refused)

    answers: list[dict[str, Any]] = []
    with opened(Held(StoppedClock(), list), capacity=1_000) as ingest:
        for _ in range(100):
            submit(ingest, b'{"x":"%s"}' % (b"x" * 100 * 1024), answers.append)
        refused = [answer for answer in answers if answer.get("code") == "busy"]
        gate.set()

    assert len(refused) >= 80


def test_a_message_weighs_no_more_than_a_batch_may_hold():
    """However often its text says `jobId`: items full of them keep nobody out, and wait for no empty queue."""
    gate = threading.Event()

    class Held(MemoryEventStore):
        def append(self, events, fold, refused=MappingProxyType({})):
            assert gate.wait(30)
            return super().append(events, fold, refused)

    full = [envelope("worker", "", related=[{"jobId": "x"}] * 1_000) for _ in range(10)]
    answers: list[dict[str, Any]] = []
    with opened(Held(StoppedClock(), list), capacity=5_000) as ingest:
        for sender_id in (1, 1, 2):
            ingest.submit_array(sender_id, json.dumps(full).encode(), answers.append)
        waiting = ingest.waiting
        gate.set()

    assert waiting <= 3 * 500
    assert [answer["accepted"] for answer in answers] == [10] * 3


def test_what_nobody_foresaw_refuses_the_message(monkeypatch):
    """Its sender is told, rather than thanked for a message of nothing."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.ingest.message.read_batch", fail)
    with opened(MemoryEventStore(StoppedClock(), list)) as ingest:
        answer = send(ingest, [envelope("error")])

    assert (answer["ok"], answer["code"], answer["accepted"]) == (False, "invalid", 0)
