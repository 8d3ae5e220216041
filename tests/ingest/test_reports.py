"""The part of the ledger that senders keep."""

from collections import Counter
from typing import Any

import pytest

from app.ingest import reports as module
from app.ingest.reports import Reports
from app.storage.base import Commit, Event
from app.storage.memory import MemoryEventStore
from tests.fakes import NOW_MS, StoppedClock, event, new_id, no_fold


@pytest.fixture
def store() -> MemoryEventStore:
    """An empty store."""
    return MemoryEventStore(StoppedClock(), lambda _: None)


def report(epoch: bytes | None, sender_id: int = 1, waiting: int = 0, **figures: Any) -> Event:
    """What a process tells of itself."""
    return event(
        "client_report",
        "",
        sender_id,
        epoch=epoch,
        data={"host": "h", "pid": 5, "spool": {"events": waiting}, **figures},
    )


def known(store: MemoryEventStore, *events: Event) -> Reports:
    """Reports that heard these from the writer."""
    reports = Reports(store)
    for one in events:
        reports.on_commit(store.append([one], no_fold))
    return reports


def test_the_last_report_of_a_process_counts(store: MemoryEventStore):
    """They are totals since its start, not to be added up."""
    one, other = new_id(), new_id()
    reports = known(
        store,
        report(one, emitted=10, accepted=4, waiting=6),
        report(other, emitted=5, accepted=5),
        report(one, emitted=20, accepted=20),
    )

    told = reports.by_sender()[1]

    assert (told.total.emitted, told.total.stored, told.waiting, told.difference) == (25, 25, 0, 0)
    assert [process.emitted for process in told.processes] == [20, 5]
    assert (told.processes[0].host, told.processes[0].pid, told.processes[0].at_ms) == ("h", 5, NOW_MS)


def test_every_event_is_accounted_for(store: MemoryEventStore):
    """Stored now or by an earlier try, refused, dropped, or waiting."""
    rejected, dropped = {"invalid": 3}, {"spool_full": 2, "superseded": 1}
    reports = known(
        store,
        report(new_id(), emitted=20, accepted=8, duplicates=2, rejected=rejected, dropped=dropped, waiting=4),
    )

    told = reports.by_sender()[1]

    assert told.difference == 0
    assert (told.total.stored, told.total.duplicates) == (10, 2)
    assert (told.total.rejected, told.total.dropped) == (Counter(rejected), Counter(dropped))


def test_what_is_missing_is_told(store: MemoryEventStore):
    """Of one event no report says what became of it."""
    reports = known(store, report(new_id(), emitted=3, accepted=2))

    assert reports.by_sender()[1].difference == 1


def test_what_another_process_adopted_is_not_counted_twice(store: MemoryEventStore):
    """A process was killed with four in its spool; the next one sent three of them so far."""
    reports = known(
        store,
        report(new_id(), emitted=10, accepted=6, waiting=4),
        report(new_id(), emitted=2, adopted=4, accepted=5, waiting=1),
    )

    told = reports.by_sender()[1]

    assert (told.total.emitted, told.total.stored, told.waiting, told.difference) == (12, 11, 1, 0)


def test_senders_are_told_apart(store: MemoryEventStore):
    """Even when they use the same epoch; one that reports nothing is not there."""
    epoch = new_id()
    reports = known(store, report(epoch, 1, emitted=1), report(epoch, 2, emitted=2), event("log", "", 3))

    assert {sender: told.total.emitted for sender, told in reports.by_sender().items()} == {1: 1, 2: 2}


def test_a_restart_changes_nothing(store: MemoryEventStore):
    """The store's events say the same."""
    one = new_id()
    before = known(store, *(report(one, emitted=n) for n in range(3)), report(new_id(), emitted=7), report(None))
    after = Reports(store)

    after.rebuild()

    assert after.by_sender() == before.by_sender()


def test_it_is_known_when_a_sender_was_last_heard(store: MemoryEventStore):
    """By a job of its or by a report; also after a restart."""
    reports = known(store, event("heartbeat", "a", 1), report(new_id(), 2))
    after = Reports(store)
    after.rebuild()

    for one in (reports, after):
        assert [one.heard_ms(sender_id) for sender_id in (1, 2, 3)] == [NOW_MS, NOW_MS, None]


def test_old_processes_become_a_sum(store: MemoryEventStore, monkeypatch: pytest.MonkeyPatch):
    """What is remembered is bounded, and no event is forgotten."""
    monkeypatch.setattr(module, "MOST_PROCESSES", 2)

    told = known(store, *(report(new_id(), emitted=n, accepted=n) for n in range(1, 6))).by_sender()[1]

    assert [process.emitted for process in told.processes] == [5, 4]
    assert (told.total.emitted, told.total.stored, told.difference) == (15, 15, 0)


def test_names_that_a_client_makes_up_are_bounded(store: MemoryEventStore):
    """However many reasons it has and however long they are; a time that cannot be is now."""
    dropped = {f"{n:03}" * 100: 1 for n in range(100)}
    spool = {"events": 1, "bytes": 10.5, "oldest": 2**53 - 1}

    (process,) = known(store, report(new_id(), dropped=dropped, spool=spool)).by_sender()[1].processes

    assert len(process.dropped) == module.MOST_REASONS
    assert {len(reason) for reason in process.dropped} == {module.LONGEST}
    assert (process.oldest_ms, process.spool_bytes) == (NOW_MS, 10)


def test_a_report_that_says_nothing_counts_as_nothing(store: MemoryEventStore):
    """All its fields are optional."""
    empty = event("client_report", "", epoch=new_id(), data={"spool": None, "dropped": None, "host": None})

    told = known(store, empty).by_sender()[1]

    assert (told.total.emitted, told.difference, told.processes[0].host) == (0, 0, "")


def test_other_events_are_passed_over(store: MemoryEventStore):
    """They say nothing of the ledger."""
    reports = Reports(store)
    reports.on_commit(Commit([], [event("heartbeat", epoch=new_id())], [], 0))

    assert reports.by_sender() == {}


def test_a_process_that_was_away_and_reports_again_counts_once(store: MemoryEventStore, monkeypatch):
    """Its former report was in the sum of those no longer told apart, and is taken off it."""
    monkeypatch.setattr(module, "MOST_PROCESSES", 1)
    one, other = new_id(), new_id()
    first = report(one, emitted=4, accepted=3, rejected={"invalid": 1})
    again = report(one, emitted=9, accepted=8, rejected={"invalid": 1})
    reports = known(store, first, report(other, emitted=5, accepted=5), again)

    told = reports.by_sender()[1]

    assert (told.total.emitted, told.total.stored, told.difference) == (14, 13, 0)
    assert told.total.rejected == Counter(invalid=1)
    assert [process.emitted for process in told.processes] == [9]
