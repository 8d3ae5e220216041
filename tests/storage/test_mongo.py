"""What MongoDB alone has to be told: where a commit may break off, who writes, and what its errors mean."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.synchronous.pool import Connection

from app.core.errors import Unavailable
from app.jobs.fold import fold
from app.storage.base import Commit, Event, EventFilter, JobFilter
from app.storage.base_keeping import Ages
from app.storage.base_series import HOUR_MS, RAW_MS, Point
from app.storage.mongo.client import INDEXES, Mongo
from app.storage.mongo.events import MongoEventStore
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.series import MongoSeriesStore
from tests.fakes import NOW_MS, StoppedClock, event, new_id, no_fold
from tests.mongo_server import MongoServer

ANY = EventFilter()
EVER = {"from_ms": 0, "to_ms": 2 * NOW_MS, "step_ms": RAW_MS}


class Opened(NamedTuple):
    """Stores of events and of series over one database."""

    events: MongoEventStore
    series: MongoSeriesStore


@contextmanager
def opened(url: str) -> Iterator[Opened]:
    """The stores, as a process has them that has just begun."""
    with closing(Mongo(url)) as mongo:
        ledger = Ledger(mongo)
        series = MongoSeriesStore(mongo, ledger)
        yield Opened(MongoEventStore(mongo, ledger, StoppedClock(), series.merge), series)


def counting(commit: Commit, jobs: Any) -> list[Point]:
    """The jobs' fold, a figure of all events, and a flag that it sets on the first."""
    fold(commit, jobs)
    commit.events[0].flags = 1
    count = len(commit.events)
    return [Point("items", (), NOW_MS, float(count), count, 1.0, 1.0, b"")]


def batches() -> list[list[Event]]:
    """Three messages about two jobs; the second goes on with one, ends it and begins the other."""
    first = [event("job_started", "a", id=new_id()), *(event(job_id="a", id=new_id()) for _ in range(3))]
    second = [event("job_completed", "a", id=new_id()), *(event(job_id="b", id=new_id()) for _ in range(3))]
    return [first, [copy(first[1]), *second], [event(job_id="b", id=new_id())]]


def told(stores: Opened) -> object:
    """All that is stored but for its numbers, which an attempt that failed may have used up."""
    events = [(each.job_id, each.type, each.id, each.flags) for each in stores.events.events_after(ANY, after=0)]
    jobs = [replace(job, key=0, first_cursor=0, last_cursor=0) for job in stores.events.jobs(JobFilter())]
    stored = {key: count for key, count in stores.events.tallies().items() if key[1] == "stored"}
    return events, jobs, stored, stores.events.job_counts(JobFilter()), stores.series.read("items", {}, **EVER)


class Cut:
    """Breaks the connection at one command, before it is sent or when its answer is due; once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 0
        self.is_sent = False
        self._commands = 0
        self._send, self._receive = Connection.send_message, Connection.receive_message
        monkeypatch.setattr(Connection, "send_message", self._sending())
        monkeypatch.setattr(Connection, "receive_message", self._receiving())

    def arm(self, at: int, *, is_sent: bool) -> None:
        """Cut at that command from now on; 0 for none."""
        self.at, self.is_sent, self._commands = at, is_sent, 0

    @property
    def is_done(self) -> bool:
        """Whether there was such a command."""
        return self._commands >= self.at

    def _sending(self) -> Callable[..., None]:
        def send(connection: Connection, *given: Any) -> None:
            if connection.ready and not connection.is_sdam:
                self._commands += 1
                if self._commands == self.at and not self.is_sent:
                    connection._raise_connection_failure(OSError("cut by the test"))
            self._send(connection, *given)

        return send

    def _receiving(self) -> Callable[..., Any]:
        def receive(connection: Connection, *given: Any) -> Any:
            answer = self._receive(connection, *given)
            if connection.ready and not connection.is_sdam and self._commands == self.at and self.is_sent:
                self._commands += 1
                connection._raise_connection_failure(OSError("cut by the test"))
            return answer

        return receive


def is_taken(stores: Opened, batch: list[Event]) -> bool:
    """Whether the store has answered that it was."""
    try:
        stores.events.append([copy(each) for each in batch], counting)
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize("is_sent", [False, True], ids=["lost before", "answer lost"])
def test_a_commit_may_break_off_anywhere(mongo_server: MongoServer, monkeypatch, is_sent: bool):
    """At each command in turn: what the next server finds and is sent again makes what an unbroken one has."""
    monkeypatch.setattr("app.storage.mongo.ledger._LARGEST", 1_000)  # of several parts, too
    monkeypatch.setattr("app.storage.mongo.client.INDEXES", {"events": INDEXES["events"][1:2]})  # the one that matters
    sent = batches()
    with mongo_server.database() as url, opened(url) as stores:
        assert all(is_taken(stores, batch) for batch in sent)
        unbroken = told(stores)
    cut = Cut(monkeypatch)
    at, is_done = 0, True
    while is_done:
        at += 1
        with mongo_server.database() as url, opened(url) as stores:
            assert is_taken(stores, sent[0])
            cut.arm(at, is_sent=is_sent)
            left = sent[2:] if is_taken(stores, sent[1]) else sent[1:]
            is_done = cut.is_done
            cut.arm(0, is_sent=False)
            with opened(url) as later:
                assert all(is_taken(later, batch) for batch in left)
                assert told(later) == unbroken, f"cut at command {at}"
    assert at > 8


def test_a_server_that_was_shut_out_spoils_nothing_that_was_decided(mongodb_url, monkeypatch):
    """It writes the parts of its own list under other names than the one whose commit is still to be done."""
    monkeypatch.setattr("app.storage.mongo.ledger._LARGEST", 1_000)
    first, second, third = batches()[:3]
    with opened(mongodb_url) as late, opened(mongodb_url) as killed:
        assert is_taken(late, first)
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "_do", lambda *given, **named: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                killed.events.append([copy(each) for each in second], counting)
        assert not is_taken(late, third)
        with opened(mongodb_url) as later:
            assert is_taken(later, third)
            broken = told(later)
    with closing(MongoClient[Any](mongodb_url)) as client:
        assert client.get_default_database()["parts"].count_documents({}) == 0
        client.drop_database(client.get_default_database())
    with opened(mongodb_url) as unbroken:
        assert all(is_taken(unbroken, batch) for batch in (first, second, third))
        assert told(unbroken) == broken


def test_what_was_decided_is_done_by_whoever_comes_next(mongodb_url, monkeypatch):
    """A server that is killed between the two steps has stored all of it; it is seen when it is done."""
    batch = batches()[0]
    with opened(mongodb_url) as killed:
        monkeypatch.setattr(Ledger, "_do", lambda *given, **named: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            killed.events.append(batch, counting)
        monkeypatch.undo()
        assert killed.events.events(ANY) == []
    with opened(mongodb_url) as stores:
        stores.events.append((), counting)  # as a server does that begins
        assert len(stores.events.events(ANY)) == len(batch)
        assert stores.events.append([copy(each) for each in batch], counting).events == []
        assert [job.items for job in stores.events.jobs(JobFilter())] == [3]


def test_the_last_to_begin_is_the_one_who_writes(mongodb_url):
    """A server that another has overtaken stores nothing any more, and leaves nothing."""
    with opened(mongodb_url) as first, opened(mongodb_url) as second:
        first.events.append([event()], no_fold)
        second.events.append([event()], no_fold)
        for reason in ("busy", "storage_down"):  # at first it only finds its place taken
            with pytest.raises(Unavailable, match=reason):
                first.events.append([event(), event()], no_fold)
        commit = second.events.append([event()], no_fold)

        assert [each.cursor for each in first.events.events(ANY)] == [3, 2, 1]
        assert commit.prev == 2


def test_a_command_may_clean_up_beside_the_server(mongodb_url):
    """It deletes and rolls up, and the server goes on writing and knows how far events were removed."""
    with opened(mongodb_url) as server, opened(mongodb_url) as command:
        server.events.append([event("job_started", "old"), event(job_id="old"), event(job_id="run")], counting)
        server.events.delete_job("old", later=True)

        command.series.roll_up(NOW_MS - HOUR_MS, NOW_MS)
        ages = Ages(NOW_MS + 1, 0)
        assert [command.events.prune(ages, limit=9) for _ in range(3)] == [2, 1, 0]
        assert command.series.prune(raw_before_ms=NOW_MS, minutes_before_ms=0, hours_before_ms=0) == 1

        assert server.events.append([event(job_id="run")], counting).prev == 3
        assert server.events.reach() == (4, 3)


def test_an_event_that_can_not_be_stored_leaves_no_trace(mongodb_url):
    """Its neighbours are stored in one commit, and all are counted; a fault of the server's leaves nothing at all."""

    def failing(commit: Commit, jobs: Any) -> list[Point]:
        if any(each.type == "log" for each in commit.events):
            raise ValueError
        if any(each.type == "error" for each in commit.events):
            raise Unavailable("storage_full")
        return counting(commit, jobs)

    with opened(mongodb_url) as stores:
        commit = stores.events.append_singly([event(), event("log", "new"), event()], failing)
        assert [outcome.code or outcome.state for outcome in commit.outcomes] == ["stored", "invalid", "stored"]
        with pytest.raises(Unavailable):
            stores.events.append_singly([event(), event("error")], failing)

        assert [each.type for each in stores.events.events(ANY)] == ["item_scraped"] * 2
        assert [(job.id, job.items) for job in stores.events.jobs(JobFilter())] == [("123", 2)]
        assert stores.events.tallies() == {(1, "stored", ""): 2, (1, "rejected", "invalid"): 1}


def test_a_server_that_is_away_is_down(monkeypatch):
    """For whoever reads and for whoever writes."""
    monkeypatch.setattr("app.storage.mongo.client.SELECT_MS", 50)
    with opened("mongodb://127.0.0.1:9") as stores:
        for ask in (stores.events.reach, lambda: stores.events.append([event()], no_fold)):
            with pytest.raises(Unavailable, match="storage_down"):
                ask()


def test_a_full_disk_is_told(mongodb_url):
    """And what was not stored for it is stored when there is room again."""
    fails = {"failCommands": ["insert"], "errorCode": 14031}
    with MongoClient[Any](mongodb_url) as client, opened(mongodb_url) as stores:
        try:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": fails})
        except OperationFailure as reason:
            pytest.skip(f"MongoDB: no faults on demand: {reason}")
        try:
            with pytest.raises(Unavailable, match="storage_full"):
                stores.events.append([event()], no_fold)
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        stores.events.append([event()], no_fold)
        assert len(stores.events.events(ANY)) == 1
