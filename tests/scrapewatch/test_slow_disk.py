"""A disk that takes its time holds up the sender's thread, never the scraper."""

import threading

import pytest

from scrapewatch import settings
from scrapewatch.buffer import Buffer
from scrapewatch.ids import uuid7
from scrapewatch.leftovers import Leftover
from scrapewatch.segments import FileSegment

PATIENCE_S = 10


@pytest.fixture
def make(spool_dir):
    """Makes buffers over one folder."""
    made = []

    def buffer():
        environment = {"SCRAPEWATCH_SPOOL_DIR": str(spool_dir), "SCRAPEWATCH_SPOOL_BYTES": "2000000"}
        made.append(Buffer(settings.load(environment=environment), uuid7(), 0, 100))
        return made[-1]

    yield buffer
    for one in made:
        one.refuse("closed")


@pytest.fixture
def hang(monkeypatch):
    """Lets every call of a method of the files wait until the test is over; gives what is set when one does."""
    gate = threading.Event()
    workers = []

    def work(where, name, doing):
        hangs = threading.Event()
        method = getattr(where, name)

        def hanging(*given):
            hangs.set()
            assert gate.wait(PATIENCE_S)
            return method(*given)

        monkeypatch.setattr(where, name, hanging)
        workers.append(threading.Thread(target=doing))
        workers[-1].start()
        assert hangs.wait(PATIENCE_S)

    yield work
    gate.set()
    for worker in workers:
        worker.join()


def put(buffer, count=1):
    """Put so many events, of which two fill a segment."""
    for _ in range(count):
        buffer.put("log", '"1"', '"type":"log","jobId":"1","timestamp":1,"data":', f'{{"text":"{"x" * 55_000}"}}')


def takes_more(buffer):
    """Whether an event is taken in while the disk hangs."""
    scraper = threading.Thread(target=put, args=(buffer,), daemon=True)
    scraper.start()
    scraper.join(PATIENCE_S / 5)
    return not scraper.is_alive()


def accept(ledger):
    """An answer that says nothing."""


def test_a_report_that_reads_the_spool_holds_up_nobody(make, hang):
    """It says how old the oldest event is, which only the file knows."""
    buffer = make()
    put(buffer)
    hang(FileSegment, "read", buffer.figures)

    assert takes_more(buffer)


def test_a_file_that_is_removed_holds_up_nobody(make, hang):
    """All in it was answered for."""
    buffer = make()
    put(buffer, 3)
    batch = buffer.take(0)
    hang(FileSegment, "remove", lambda: buffer.settle(batch, accept))

    assert takes_more(buffer)


def test_a_leftover_that_is_removed_holds_up_nobody(make, hang):
    """The spool of a process that is gone, once it is sent."""
    gone = make()
    put(gone)
    gone.refuse("closed")
    buffer = make()
    put(buffer)
    buffer.adopt()
    batches = [buffer.take(0), buffer.take(0)]
    leftover = next(batch for batch in batches if batch.replay)
    hang(Leftover, "close", lambda: buffer.settle(leftover, accept))

    assert takes_more(buffer)
