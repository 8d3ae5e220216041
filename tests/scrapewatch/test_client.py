"""The emitter against a server that behaves: what arrives, and what a scraper never notices."""

import logging
import time

import pytest

from scrapewatch.client import Emitter
from scrapewatch.events import EVENTS, MAX_EVENT_BYTES


def test_an_event_arrives_with_everything_the_contract_names(stand_in, emitter):
    """Type, job, time in ms, id, number, epoch and data; nothing else."""
    before = time.time_ns() // 1_000_000
    emitter.emit("item_scraped", "123", {"title": "Vintage Pokemon Card"})

    assert emitter.flush(10)
    (event,) = stand_in.events
    assert before <= event.pop("timestamp") <= time.time_ns() // 1_000_000
    assert event.pop("id")[14] == event.pop("epoch")[14] == "7"
    assert event == {"type": "item_scraped", "jobId": "123", "seq": 1, "data": {"title": "Vintage Pokemon Card"}}


def test_numbers_run_per_job_without_gaps(stand_in, emitter):
    """Two jobs side by side each count from 1, in the order in which they spoke; an event of no job has no number."""
    for n in range(300):
        emitter.emit("item_scraped", f"job-{n % 2}", {"n": n})
    emitter.emit("worker", data={"host": "h"})

    assert emitter.flush(10)
    for job in ("job-0", "job-1"):
        own = [event for event in stand_in.events if event["jobId"] == job]
        assert [event["seq"] for event in own] == list(range(1, 151))
        assert [event["data"]["n"] for event in own] == sorted(event["data"]["n"] for event in own)
    assert "seq" not in next(event for event in stand_in.events if event["type"] == "worker")


def test_every_type_of_the_catalogue_can_be_sent(stand_in, emitter):
    """What the catalogue lets in from outside goes out as it is."""
    types = [name for name, row in EVENTS.items() if not row.by_server]
    for name in types:
        emitter.emit(name, "1", {})

    assert emitter.flush(10)
    assert [event["type"] for event in stand_in.events] == types


def test_an_item_is_copied_when_it_is_handed_in(stand_in, emitter):
    """What the scraper does to its item afterwards changes nothing."""
    item = {"tags": ["a"]}
    emitter.emit("item_scraped", "1", item)
    item["tags"].append("b")

    assert emitter.flush(10)
    assert stand_in.events[0]["data"] == {"tags": ["a"]}


def test_no_origin_is_sent(stand_in, emitter):
    """A scraper is no browser: a server that checks origins must not see one."""
    emitter.emit("heartbeat", "1")

    assert emitter.flush(10)
    assert "HTTP_ORIGIN" not in stand_in.headers[0]


def test_without_an_address_nothing_happens():
    """No thread, no count, no error: the line can stay in a repository."""
    emitter = Emitter()
    with emitter.job("1") as job:
        assert list(job.track([1, 2])) == [1, 2]
        job.item({"a": 1})

    assert not emitter.enabled
    assert emitter.ledger.emitted == 0
    assert emitter._outbox._sender is None
    assert emitter.flush(0)
    assert emitter.close()


def test_the_address_may_come_from_the_environment(stand_in, monkeypatch):
    """Two variables are all that a deployed scraper needs."""
    monkeypatch.setenv("SCRAPEWATCH_URL", stand_in.url)
    monkeypatch.setenv("SCRAPEWATCH_TOKEN", "a-token-of-more-than-thirty-two-characters")
    emitter = Emitter()
    emitter.emit("heartbeat", "1")

    assert emitter.close(10)
    assert len(stand_in.events) == 1


def test_what_can_not_be_read_is_dropped_and_counted(emitter, caplog):
    """An item whose every access raises costs that one event and one line in the log, never an exception."""

    class Spiteful(dict[str, int]):
        def items(self):
            raise RuntimeError("no")

        __repr__ = items

    class Worse(str):
        __slots__ = ()

        def isascii(self):
            raise RuntimeError("no")

    emitter.emit("item_scraped", "1", Spiteful(a=1))
    with caplog.at_level(logging.ERROR, "scrapewatch"):
        emitter.emit(Worse("x"), ["not", "hashable"], {})
        emitter.emit(Worse("x"), ["not", "hashable"], {})

    assert emitter.flush(10)
    assert emitter.ledger.dropped["error"] == 2
    assert len(caplog.records) == 1


def test_an_item_too_large_is_cut_and_says_so(stand_in, emitter):
    """A page of 200 kB in one field: the field is cut, named and counted; the others arrive whole."""
    emitter.emit("item_scraped", "1", {"title": "Card", "html": "é" * 100_000})

    assert emitter.flush(10)
    data = stand_in.events[0]["data"]
    assert data["title"] == "Card"
    assert data["_truncated"] == ["html"]
    assert 50_000 < len(data["html"].encode()) < MAX_EVENT_BYTES
    assert emitter.ledger.truncated == 1
    assert emitter.losses() == {"truncated": 1}


def test_when_the_spool_is_full_items_are_counted_and_the_job_stays(emitter_to, monkeypatch):
    """With nobody listening and 1 MiB, about thirty items of 30 kB find room; the others are told as a number."""
    monkeypatch.setenv("SCRAPEWATCH_SPOOL_BYTES", "1")
    emitter = emitter_to("http://127.0.0.1:1")
    for n in range(50):
        emitter.emit("item_scraped", "1", {"n": n, "text": "x" * 30_000})
    emitter.emit("log", "1", {"message": "x" * 30_000})
    emitter.emit("job_completed", "1")

    ledger = emitter.ledger
    counted = ledger.dropped["summarised"]
    assert 15 < counted < 25
    assert ledger.dropped == {"summarised": counted, "spool_full": 1}
    assert (ledger.emitted, ledger.waiting) == (53, 50 - counted + 2)
    assert ledger.lost == 1


def test_after_closing_events_are_dropped_and_counted(stand_in, emitter):
    """Nothing is sent in secret, nothing is lost uncounted."""
    emitter.emit("heartbeat", "1")

    assert emitter.close(10)
    emitter.emit("item_scraped", "1")
    assert len(stand_in.events) == 1
    assert emitter.ledger.dropped == {"closed": 1}


@pytest.mark.parametrize("job_id", [123, "123"], ids=["number", "text"])
def test_a_job_may_be_named_by_a_number(stand_in, emitter, job_id):
    """The contract wants text; people have numbers."""
    with emitter.job(job_id):
        pass

    assert emitter.flush(10)
    assert {event["jobId"] for event in stand_in.events} == {"123"}
