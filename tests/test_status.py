"""The ledger of all events, and how the server fares."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.accounts.service import Accounts
from app.ingest.refusals import Refusals
from app.ingest.reports import Reports
from app.status import Process, Status, TaskStatus
from app.storage.memory import MemoryEventStore
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.accounts.door import CHEAP
from tests.fakes import NO_SOCKETS, NOW_MS, QUIET_DOOR, StoppedClock, event, fresh_limits, new_id, no_fold

NOW = "2026-11-23T14:32:08.000Z"


class House:
    """A status over a real store, and figures that a test may change."""

    def __init__(self, url: str) -> None:
        self.clock = StoppedClock()
        self.ingest = dict(QUIET_DOOR)
        self.sockets = dict(NO_SOCKETS)
        self.connections: dict[int, set[str]] = {}
        self.tasks: list[TaskStatus] = []
        self.others: list[Mapping[str, Any]] = []
        database = Database(url, checkpoints=True)
        self.store = MemoryEventStore(self.clock, lambda _: None)
        self.reports = Reports(self.store)
        self.refusals = Refusals(self.clock.monotonic_ms)
        accounts = Accounts(SqlAccountStore(database), self.clock, CHEAP)
        self.sender = accounts.users.create("ann", "secret", "operator").sender_id
        self.status = Status(
            clock=self.clock,
            database=database,
            events=self.store,
            accounts=accounts,
            reports=self.reports,
            refusals=self.refusals,
            ingest=lambda: self.ingest,
            own_metrics=fresh_limits().read,
            process=lambda: Process(self.sockets, self.connections, self.tasks, self.others),
            began_ms=NOW_MS - 90_000,
        )

    def store_all(self, *events: Any, refused: Mapping[tuple[int, str, str], int] | None = None) -> None:
        """As the writer does."""
        self.reports.on_commit(self.store.append(events, no_fold, refused or {}))


@pytest.fixture
def house(sqlite_url: str) -> House:
    """Nobody has sent anything."""
    return House(sqlite_url)


def test_every_event_received_is_in_the_ledger(house: House):
    """Received is the sum of stored, duplicates and rejected; for each sender and for all."""
    one = event("item_scraped", "a", house.sender, id=new_id())
    house.store_all(one, event("item_scraped", "b", 99), refused={(house.sender, "rejected", "invalid"): 3})
    house.store_all(event("item_scraped", "a", house.sender, id=one.id))

    told = house.status.read()

    ann = next(sender for sender in told["senders"] if sender["name"] == "ann")
    parts = ("received", "stored", "duplicates", "rejected")
    assert [ann[part] for part in parts] == [5, 1, 1, {"invalid": 3}]
    assert [told["ledger"][part] for part in parts] == [6, 2, 1, {"invalid": 3}]
    assert ann["lastHeardAt"] == NOW


def test_sockets_are_told_of_all_processes_together(house: House):
    """Who is connected, lags, was refused and closed, whichever process it came to."""
    house.sockets = {"sockets": {"/": 1}, "lagging": 1, "refused": {"rate_limited": 2}, "closed": {}}
    other = {"sockets": {"/": 2, "/live": 3}, "lagging": 2, "refused": {"rate_limited": 1}, "closed": {"shutdown": 4}}
    house.connections = {house.sender: {"mine"}}
    house.others = [{**other, "senders": {str(house.sender): 2}}]

    told = house.status.read()

    assert told["processes"] == 2
    assert told["sockets"] == {
        "scrapers": 3,
        "viewers": 3,
        "lagging": 3,
        "refused": {"rate_limited": 3},
        "closed": {"shutdown": 4},
    }
    assert [sender["connections"] for sender in told["senders"] if sender["name"] == "ann"] == [3]


def test_what_a_sender_reports_stands_beside_what_was_received(house: House):
    """With the balance; who reports nothing is told so."""
    figures = {"emitted": 9, "accepted": 4, "dropped": {"spool_full": 2}, "spool": {"events": 3}}
    report = {"host": "box", "pid": 7, **figures}
    house.store_all(event("client_report", "", house.sender, epoch=new_id(), data=report), event("log", "", 99))

    told = house.status.read()

    ann, stranger = sorted(told["senders"], key=lambda sender: sender["reported"] is None)
    assert stranger["reported"] is None
    reported = ann["reported"]
    assert (reported["emitted"], reported["stored"], reported["waiting"], reported["difference"]) == (9, 4, 3, 0)
    (process,) = reported["processes"]
    assert (process["host"], process["pid"], process["at"]) == ("box", 7, NOW)
    assert process["spool"] == {"events": 3, "bytes": 0, "oldest": None}
    assert (told["ledger"]["dropped"], told["ledger"]["waiting"]) == ({"spool_full": 2}, 3)


def test_a_sender_that_is_only_connected_is_shown(house: House):
    """With what waits of it."""
    house.connections = {house.sender: {"s1", "s2"}}
    house.ingest = {
        **QUIET_DOOR,
        "waiting": 60,
        "level": "slow",
        "senders": {house.sender: {"waiting": 60, "level": "slow"}},
    }

    told = house.status.read()

    (ann,) = told["senders"]
    assert (ann["connections"], ann["waiting"], ann["level"], ann["lastHeardAt"]) == (2, 60, "slow", None)
    assert told["ingest"] == {"waiting": 60, "capacity": 100, "level": "slow", "lag": {"p50": 0.0, "p99": 0.0}}


def test_the_process_tells_how_it_fares(house: House):
    """Its age, its database, its sockets and its tasks."""
    house.sockets = {**NO_SOCKETS, "sockets": {"/": 2, "/live": 5}, "lagging": 1, "refused": {"rate_limited": 3}}
    house.tasks = [TaskStatus("tick", 1_000, NOW_MS, 4, NOW_MS, "ValueError: no"), TaskStatus("tock", 2_000)]

    told = house.status.read()

    assert (told["now"], told["uptime"], told["startedAt"]) == (NOW, 90_000, "2026-11-23T14:30:38.000Z")
    assert (told["storage"]["database"], told["storage"]["durable"]) == ("SQLite", False)
    sockets = {"scrapers": 2, "viewers": 5, "lagging": 1, "refused": {"rate_limited": 3}, "closed": {}}
    assert told["sockets"] == sockets
    assert told["tasks"] == [
        {
            "name": "tick",
            "interval": 1_000,
            "lastRunAt": NOW,
            "lastDuration": 4,
            "lastFailureAt": NOW,
            "failure": "ValueError: no",
        },
        {
            "name": "tock",
            "interval": 2_000,
            "lastRunAt": None,
            "lastDuration": None,
            "lastFailureAt": None,
            "failure": None,
        },
    ]


def test_the_process_tells_what_it_can_without_the_store(house: House):
    """All but what the database knows, and the same."""
    told = house.status.read()

    alone = house.status.of_process()

    assert told.keys() - alone.keys() == {"alerts", "storage", "ledger", "senders", "processes"}
    assert alone.items() <= told.items()


def test_trouble_is_the_store_s_or_that_of_a_crowded_queue(house: House):
    """Not that of one sender who floods the server."""
    assert house.status.trouble() == ""
    house.ingest = {**QUIET_DOOR, "waiting": 49, "level": "stop"}
    assert house.status.trouble() == ""

    house.ingest = {**QUIET_DOOR, "waiting": 50}
    assert house.status.trouble() == "busy"
    house.refusals.note(house.sender, "storage_full")
    assert house.status.trouble() == "storage_full"
