"""The queue between scraper and sender."""

import threading

import pytest

from scrapewatch import buffer as module
from scrapewatch.buffer import Buffer, Entry
from scrapewatch.events import MAX_BATCH_EVENTS


def entry(event_type="item_scraped", job_id="1", size=100):
    """An event of a size."""
    return Entry(event_type, job_id, f'"type":"{event_type}"}}', size)


def accept(ledger):
    """An answer that says nothing."""


def test_a_batch_stays_until_it_is_answered_for():
    """`take` gives the same events again and again, with the same numbers, until `settle`."""
    buffer = Buffer(10, 0, 2)
    for _ in range(3):
        buffer.put(entry())

    first = buffer.take(0)
    assert buffer.take(0) == first
    assert [event.seq for event in first] == [1, 2]
    buffer.settle(accept)
    assert [event.seq for event in buffer.take(0)] == [3]


def test_an_empty_buffer_gives_nothing():
    """After the time given, not an error."""
    assert Buffer(10, 0, 2).take(0.001) == []


def test_a_batch_is_never_larger_than_the_contract_allows():
    """Whatever size is asked for: 500 events."""
    buffer = Buffer(5_000, 0, 5_000)
    for _ in range(1_000):
        buffer.put(entry())

    assert len(buffer.take(0)) == MAX_BATCH_EVENTS


def test_halving_keeps_the_order():
    """Five events: two now, then the other three, numbered as before."""
    buffer = Buffer(10, 0, 10)
    for _ in range(5):
        buffer.put(entry())
    buffer.take(0)
    buffer.halve()

    assert [event.seq for event in buffer.take(0)] == [1, 2]
    buffer.settle(accept)
    assert [event.seq for event in buffer.take(0)] == [3, 4, 5]


def test_bytes_bound_it_too(monkeypatch):
    """With room for 250 bytes, the third event of 100 is dropped; after an answer there is room again."""
    monkeypatch.setattr(module, "MAX_BYTES", 250)
    buffer = Buffer(10, 0, 10)
    for _ in range(3):
        buffer.put(entry())
    assert buffer.ledger.dropped == {"buffer_full": 1}
    buffer.take(0)
    buffer.settle(accept)
    buffer.put(entry())

    assert buffer.ledger.waiting == 1


def test_the_newest_progress_of_each_job_waits():
    """Older progress goes, and the newer one takes its turn behind the items; what is in flight is left alone."""
    buffer = Buffer(10, 0, 2)
    buffer.put(entry("job_progress"))
    buffer.put(entry())
    buffer.put(entry("job_progress"))
    buffer.put(entry("job_progress", "2"))
    assert [event.event_type for event in buffer.take(0)] == ["item_scraped", "job_progress"]
    buffer.put(entry("job_progress"))

    assert buffer.ledger.dropped == {"superseded": 1}
    buffer.settle(accept)
    assert [(event.job_id, event.seq) for event in buffer.take(0)] == [("2", 1), ("1", 3)]


def test_refusing_drops_what_waits_and_what_comes():
    """Both under the reason given; a late answer changes nothing."""
    buffer = Buffer(10, 0, 2)
    buffer.put(entry())
    buffer.take(0)
    buffer.refuse("closed")
    buffer.put(entry())
    buffer.settle(lambda ledger: pytest.fail("nothing is in flight"))

    assert buffer.ledger.dropped == {"closed": 2}
    assert buffer.flush(0)


def test_flushing_waits_for_what_is_there_and_not_for_what_comes():
    """Others may go on emitting: the event that came after the call does not hold it up."""
    buffer = Buffer(10, 0, 1)
    buffer.put(entry())
    buffer.take(0)
    flushed: list[bool] = []
    flushing = threading.Thread(target=lambda: flushed.append(buffer.flush(10)))
    flushing.start()
    while not buffer._hurried:
        pass
    buffer.put(entry())
    buffer.settle(accept)
    flushing.join()

    assert flushed == [True]
    assert buffer.ledger.waiting == 1
    assert not buffer.flush(0)


def test_the_numbers_of_old_jobs_are_forgotten(monkeypatch):
    """With room for two jobs: the one that was silent for longest begins anew, the others count on."""
    monkeypatch.setattr(module, "NUMBERED_JOBS", 2)
    buffer = Buffer(10, 0, 10)
    for job in ("a", "b", "a", "c", "a", "b"):
        buffer.put(entry(job_id=job))

    assert [event.seq for event in buffer.take(0)] == [1, 1, 2, 1, 3, 1]
    assert len(buffer._numbers) == 2
