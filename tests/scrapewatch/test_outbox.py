"""What emitters of one process share."""

import threading

import pytest

from scrapewatch import outbox as module
from scrapewatch.client import Emitter
from tests.scrapewatch.stand_in import TOKEN


@pytest.fixture
def to_stand_in(stand_in, monkeypatch):
    """The address of the running server in the environment, and every outbox closed at the end."""
    monkeypatch.setenv("SCRAPEWATCH_URL", stand_in.url)
    monkeypatch.setenv("SCRAPEWATCH_TOKEN", TOKEN)
    yield
    for outbox in list(module._open.values()):
        outbox.close(1)
    module._open.clear()


def senders():
    """The threads that send."""
    return [thread for thread in threading.enumerate() if thread.name == "scrapewatch"]


@pytest.mark.usefixtures("to_stand_in")
def test_an_emitter_for_each_job_costs_one_thread_and_one_connection(stand_in, until):
    """Thirty jobs as the README has them, one after the other: all of each arrives, by one sender."""
    for n in range(30):
        with Emitter().job(f"job-{n}") as job:
            job.item({"n": n})

    assert len(senders()) == 1
    assert Emitter().flush(10)
    assert len(stand_in.headers) == 1
    assert [event["type"] for event in stand_in.events] == ["job_started", "item_scraped", "job_completed"] * 30


@pytest.mark.usefixtures("to_stand_in")
def test_the_last_to_close_ends_the_sender(stand_in, until):
    """Whoever closes before has all it sent answered for, and can send no more; the other goes on."""
    first, second = Emitter(), Emitter()
    first.emit("log", "1", {"message": "from the first"})
    assert first.close(10)
    assert len(stand_in.events) == 1
    first.emit("log", "1", {"message": "too late"})
    second.emit("log", "1", {"message": "from the second"})

    assert len(senders()) == 1
    second.close(10)
    until(lambda: not senders())
    assert [event["data"]["message"] for event in stand_in.events] == ["from the first", "from the second"]
    assert not module._open


@pytest.mark.usefixtures("to_stand_in")
def test_another_credential_is_another_way(stand_in):
    """What one sender emits is never sent as another's."""
    one, other = Emitter(), Emitter(token="a-token-of-somebody-else-altogether")

    assert one._outbox is not other._outbox
    other.close(0)


def test_who_comes_after_it_gave_up_begins_anew(emitter_to, until, monkeypatch):
    """An outbox that gave up for want of a server takes nobody in."""
    monkeypatch.setenv("SCRAPEWATCH_RECONNECT_ATTEMPTS", "1")
    first = emitter_to("http://127.0.0.1:1")
    first.emit("heartbeat", "1")
    until(lambda: first._outbox.buffer.refusing)

    assert emitter_to("http://127.0.0.1:1").ledger.emitted == 0
    assert emitter_to("http://127.0.0.1:2")._outbox is emitter_to("http://127.0.0.1:2")._outbox
