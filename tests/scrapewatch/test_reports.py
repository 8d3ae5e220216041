"""What a process says of its events: when it does, and that the figures add up."""

import os
import socket
import time

import pytest

from scrapewatch import reports, settings
from scrapewatch.answers import Answer, Rejection
from scrapewatch.buffer import Buffer
from scrapewatch.ids import uuid7
from scrapewatch.reports import Reporter
from tests.scrapewatch.stand_in import TOKEN, answer

STORED = Answer(accepted=1)


@pytest.fixture
def clock(monkeypatch):
    """Seconds, moved by hand."""
    hands = [0.0]
    monkeypatch.setattr(reports, "monotonic", lambda: hands[0])
    return hands


@pytest.fixture
def buffer():
    """One in memory."""
    return Buffer(settings.load(environment={"SCRAPEWATCH_SPOOL_BYTES": "0"}), uuid7(), 0, 10)


def put(buffer):
    """Put an event."""
    buffer.put("log", '"1"', f'"type":"log","jobId":"1","id":"{uuid7()}","data":', "{}")


def adds_up(data):
    """Whether what came in equals what became of it, in the figures of a report."""
    told = data["accepted"] + data["duplicates"] + sum(data["rejected"].values()) + sum(data["dropped"].values())
    return data["emitted"] + data["adopted"] == told + data["spool"]["events"]


def test_a_loss_is_told_at_most_once_a_second(clock, buffer):
    """Two losses, the second right after the report on the first: each is told, a second apart."""
    reporter = Reporter(buffer)
    for second in (1.0, 2.0):
        buffer.lose("error")
        clock[0] = second - 0.01
        assert not reporter.due()
        clock[0] = second
        assert reporter.due()
        reporter.report()
        reporter.answered(STORED)

    clock[0] = 10.0
    assert not reporter.due()


def test_what_else_changed_is_told_every_fifteen_seconds(clock, buffer):
    """And when nothing did, nothing is, not even at the end; at the end a change is told at once."""
    reporter = Reporter(buffer)
    put(buffer)
    clock[0] = 14.9
    assert not reporter.due()
    clock[0] = 15.0
    assert reporter.due()
    reporter.report()
    reporter.answered(STORED)

    clock[0] = 60.0
    assert not reporter.due()
    assert not reporter.due(last=True)
    put(buffer)
    assert reporter.due(last=True)


def test_a_report_that_was_not_stored_is_due_again(clock, buffer):
    """A busy server hears of the loss a second later."""
    reporter = Reporter(buffer)
    buffer.lose("error")
    clock[0] = 1.0
    reporter.report()
    reporter.answered(Answer(code="busy"))

    assert not reporter.due()
    assert reporter.due(last=True)
    clock[0] = 2.0
    assert reporter.due()


def test_a_server_that_does_not_know_reports_gets_no_more(clock, buffer):
    """It refused the type for good."""
    reporter = Reporter(buffer)
    buffer.lose("error")
    clock[0] = 1.0
    reporter.report()
    reporter.answered(Answer(rejections=(Rejection("unknown_type", ""),)))

    clock[0] = 60.0
    assert not reporter.due()
    assert not reporter.due(last=True)


def test_every_report_adds_up_and_the_last_is_the_ledger(stand_in, emitter_to, until, monkeypatch):
    """With events adopted, stored, stored twice, refused, counted and dropped: told soon, and once more at close."""
    monkeypatch.setenv("SCRAPEWATCH_ITEMS", "count")
    gone = Buffer(settings.load(stand_in.url, TOKEN), uuid7(), 0, 10)
    for _ in range(3):
        put(gone)
    gone.refuse("closed")
    stand_in.answers = [
        lambda batch: answer(rejected=[{"index": n, "code": "invalid"} for n in range(len(batch))]),
        lambda batch: (stand_in.store(batch), stand_in.hang_up(), answer())[2],
    ]
    emitter = emitter_to(stand_in.url, batch_size=2)
    for n in range(10):
        emitter.emit("log", "2", {"message": str(n)})
        emitter.emit("item_scraped", "2", {"n": n})
    emitter.emit("log", ["no", "name"])  # is dropped: it can't be read
    until(lambda: any(report["data"]["dropped"].get("error") for report in stand_in.reports))
    emitter.emit("log", "2", {"message": "the last"})
    assert emitter.close(20)

    figures = [report["data"] for report in stand_in.reports]
    assert [data for data in figures if not adds_up(data)] == []
    last, ledger = figures[-1], emitter.ledger
    assert ledger.figures().items() <= last.items()
    assert (last["adopted"], last["dropped"]) == (3, {"summarised": 10, "error": 1})
    assert 0 < last["duplicates"] <= 2
    assert 0 < last["rejected"]["invalid"] <= 2
    assert last["accepted"] + last["duplicates"] == len(stand_in.events)
    assert last["spool"]["events"] == 0
    assert "oldest" not in last["spool"]
    assert (last["host"], last["pid"]) == (socket.gethostname(), os.getpid())
    assert {(report["epoch"], report["jobId"]) for report in stand_in.reports} == {(emitter._outbox.epoch, "")}


def test_a_report_tells_what_waits(stand_in, emitter_to, until, monkeypatch):
    """While the server takes no events it still hears how many there are, how large, and since when."""
    monkeypatch.setenv("SCRAPEWATCH_RECONNECT_BACKOFF", "1")
    emitter = emitter_to(stand_in.url)
    before = time.time_ns() // 1_000_000
    stand_in.answers = [lambda batch: answer(ok=False, code="storage_full")] * 10_000
    for _ in range(5):
        emitter.emit("log", "1", {"message": "x"})
    emitter.emit("log", ["no", "name"])  # is dropped: it can't be read
    until(lambda: stand_in.reports)
    stand_in.answers.clear()

    data = stand_in.reports[0]["data"]
    assert adds_up(data)
    assert (data["emitted"], data["spool"]["events"]) == (6, 5)
    assert data["spool"]["bytes"] > 500
    assert before <= data["spool"]["oldest"] <= stand_in.reports[0]["timestamp"]
    assert emitter.flush(10)


def test_without_a_loss_a_report_comes_now_and_then(stand_in, emitter, until, monkeypatch):
    """Here after a second instead of fifteen; it comes though nothing else is to be sent."""
    monkeypatch.setattr(reports, "REPORT_S", 1.0)
    emitter.emit("log", "1", {"message": "x"})
    assert emitter.flush(10)
    assert stand_in.reports == []

    until(lambda: stand_in.reports)
    assert (stand_in.reports[0]["data"]["accepted"], stand_in.reports[0]["data"]["dropped"]) == (1, {})
