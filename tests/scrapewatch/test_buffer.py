"""What waits between scraper and sender."""

import threading

import pytest

from scrapewatch import intake as module
from scrapewatch import settings
from scrapewatch.buffer import Buffer
from scrapewatch.events import MAX_BATCH_EVENTS
from scrapewatch.ids import uuid7


@pytest.fixture(params=["disk", "memory"])
def make(request, spool_dir):
    """Makes buffers, on disk and in memory."""
    made = []

    def buffer(batch_size):
        spool_bytes = "0" if request.param == "memory" else "2000000"
        environment = {"SCRAPEWATCH_SPOOL_DIR": str(spool_dir), "SCRAPEWATCH_SPOOL_BYTES": spool_bytes}
        made.append(Buffer(settings.load(environment=environment), uuid7(), 0, batch_size))
        return made[-1]

    yield buffer
    for one in made:
        one.refuse("closed")


def put(buffer, count=1, job="1", event_type="log"):
    """Put so many small events."""
    for _ in range(count):
        buffer.put(event_type, f'"{job}"', f'"type":"{event_type}","jobId":"{job}","data":', "{}")


def numbers(batch):
    """The number of each event."""
    return [int(payload.split(b",")[0].removeprefix(b'{"seq":')) for payload in batch.payloads]


def accept(ledger):
    """An answer that says nothing."""


def test_batches_come_in_order_until_all_is_taken(make):
    """Each event once, numbered in its job, whether or not those before are answered for."""
    buffer = make(2)
    put(buffer, 3)

    first, second = buffer.take(0), buffer.take(0)
    assert [numbers(first), numbers(second)] == [[1, 2], [3]]
    assert buffer.take(0.001) is None
    buffer.settle(first, accept)
    buffer.settle(second, accept)
    assert buffer.flush(0)


def test_an_empty_buffer_gives_nothing(make):
    """After the time given, not an error."""
    assert make(2).take(0.001) is None


def test_a_batch_is_never_larger_than_the_contract_allows(make):
    """Whatever size is asked for: 500 events."""
    buffer = make(5_000)
    put(buffer, 1_000)

    assert len(buffer.take(0)) == MAX_BATCH_EVENTS


def test_halving_keeps_the_order(make):
    """Five events: two, then the other three, each batch answered for by itself."""
    buffer = make(10)
    put(buffer, 5)
    first, second = buffer.take(0).halves()

    assert [numbers(first), numbers(second)] == [[1, 2], [3, 4, 5]]
    buffer.settle(first, accept)
    assert buffer.ledger.waiting == 3
    buffer.settle(second, accept)
    assert buffer.ledger.waiting == 0


def test_what_was_answered_for_makes_room(make):
    """A buffer of 2 MB takes 20 MB one after the other, and never holds more than the one event."""
    buffer = make(10)
    for _ in range(400):
        buffer.put("log", '"1"', '"type":"log","jobId":"1","data":', f'"{"x" * 50_000}"')
        buffer.settle(buffer.take(0), accept)

    assert (buffer.ledger.dropped, buffer.ledger.waiting) == ({}, 0)


def test_refusing_counts_what_comes(make):
    """Under the reason given; a late answer changes nothing, and nobody waits for what won't be sent."""
    buffer = make(2)
    put(buffer)
    batch = buffer.take(0)
    waiting = 1 if buffer.folder else 0
    buffer.refuse("closed")
    put(buffer)
    buffer.settle(batch, lambda ledger: pytest.fail("nothing is in flight"))

    assert buffer.ledger.waiting == waiting
    assert buffer.ledger.dropped == {"closed": 2 - waiting}
    assert not buffer.flush(0)


def test_flushing_waits_for_what_is_there_and_not_for_what_comes(make):
    """Others may go on emitting: the event that came after the call does not hold it up."""
    buffer = make(1)
    put(buffer)
    batch = buffer.take(0)
    flushed: list[bool] = []
    flushing = threading.Thread(target=lambda: flushed.append(buffer.flush(10)))
    flushing.start()
    while not buffer._hurried:
        pass
    put(buffer)
    buffer.settle(batch, accept)
    flushing.join()

    assert flushed == [True]
    assert buffer.ledger.waiting == 1
    assert not buffer.flush(0)


def test_the_numbers_of_old_jobs_are_forgotten(make, monkeypatch):
    """With room for two jobs: the one that was silent for longest begins anew, the others count on."""
    monkeypatch.setattr(module, "NUMBERED_JOBS", 2)
    buffer = make(10)
    for job in ("a", "b", "a", "c", "a", "b"):
        put(buffer, job=job)

    assert numbers(buffer.take(0)) == [1, 1, 2, 1, 3, 1]


def test_an_event_put_in_the_middle_of_another_is_taken_too(make, monkeypatch):
    """As by a signal's handler that ends its job: both are there, whole, and numbered apart."""
    buffer = make(10)
    put(buffer)
    spool = buffer._intake.spool
    append, calls = spool.append, []

    def interrupted(payload, share):
        calls.append(payload)
        if len(calls) == 1:
            put(buffer, event_type="job_failed")
        return append(payload, share)

    monkeypatch.setattr(spool, "append", interrupted)
    put(buffer)

    batch = buffer.take(0)
    assert numbers(batch) == [1, 2, 3]
    assert b"job_failed" in batch.payloads[-1]
    assert (buffer.ledger.emitted, buffer.ledger.waiting) == (3, 3)
