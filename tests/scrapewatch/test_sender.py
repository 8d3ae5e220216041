"""Delivery when things go wrong: late servers, refusals, lost answers."""

import logging
import time

import pytest

from scrapewatch import sender as module
from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from tests.scrapewatch.stand_in import TOKEN, StandIn, answer, send


def numbers(events):
    """What each event carries."""
    return [event["data"]["n"] for event in events]


def refusing(code, **fields):
    """An answer that refuses the whole message."""
    return lambda batch: answer(ok=False, code=code, **fields)


def test_a_server_that_starts_late_gets_everything(emitter_to, until):
    """The scraper is first; the server comes up on the same port later and finds 50 events waiting, in order."""
    late = StandIn()
    port = late.port
    late._server.server_close()
    emitter = emitter_to(f"http://127.0.0.1:{port}")
    send(emitter, 50)
    until(lambda: emitter._outbox._sender._unreached >= 2)
    late = StandIn(port)
    late.start()

    assert emitter.flush(20)
    assert numbers(late.events) == list(range(50))
    late.stop()


def test_what_waited_through_an_outage_says_so(emitter_to, until, monkeypatch):
    """The events from before it are marked as a replay; those after it are not, nor those that met a dropped socket."""
    monkeypatch.setattr(module, "OUTAGE_S", 0.05)
    late = StandIn()
    port = late.port
    late._server.server_close()
    emitter = emitter_to(f"http://127.0.0.1:{port}")
    send(emitter, 5)
    sender = emitter._outbox._sender
    until(lambda: sender._down_since and time.monotonic() - sender._down_since > module.OUTAGE_S)
    late = StandIn(port)
    late.start()
    assert emitter.flush(20)
    send(emitter, 5)
    assert emitter.flush(20)
    late.hang_up()
    until(lambda: not sender._route.connected)
    send(emitter, 5)

    assert emitter.flush(20)
    assert numbers(late.events) == [*range(5)] * 3
    assert [event.get("replay") for event in late.events] == [True] * 5 + [None] * 10
    late.stop()


def test_a_connection_that_drops_is_made_again(stand_in, emitter, until):
    """The server closes every socket between two batches."""
    send(emitter, 10)
    assert emitter.flush(10)
    stand_in.hang_up()
    until(lambda: not emitter._outbox._sender._route.connected)
    send(emitter, 10)

    assert emitter.flush(10)
    assert numbers(stand_in.events) == [*range(10), *range(10)]
    assert len(stand_in.headers) == 2


def test_a_lost_answer_costs_nothing_and_doubles_nothing(stand_in, emitter):
    """The server stores the batch and dies before it answers: the same ids come again and are known."""

    def store_and_hang_up(batch):
        stand_in.store(batch)
        stand_in.hang_up()
        return answer()

    stand_in.answers = [store_and_hang_up]
    send(emitter, 10)

    assert emitter.flush(10)
    assert numbers(stand_in.events) == list(range(10))
    assert stand_in.messages[0] == stand_in.messages[1]
    assert (emitter.ledger.accepted, emitter.ledger.duplicates) == (0, 10)


@pytest.mark.parametrize("code", ["busy", "storage_full", "storage_down", "rate_limited", "closing", ""])
def test_what_can_pass_later_is_tried_again(stand_in, emitter, code):
    """Three refusals of the whole message, then it is stored: once, the same, in order."""
    stand_in.answers = [refusing(code)] * 3
    send(emitter, 5)

    assert emitter.flush(10)
    assert numbers(stand_in.events) == list(range(5))
    assert len(stand_in.messages) >= 4
    assert emitter.ledger.lost == 0


@pytest.mark.parametrize("raw", [None, "ok", [], {"ok": True}, {"ok": True, "accepted": 3}, {"accepted": "5"}])
def test_an_answer_that_accounts_for_less_is_not_believed(stand_in, emitter, raw):
    """Whatever the answer says but that all five are accounted for, all five are sent again."""
    stand_in.answers = [lambda batch: {} if raw is None else raw]
    emitter._outbox.buffer._flush_s = 10  # one batch
    send(emitter, 5)

    assert emitter.flush(10)
    assert numbers(stand_in.events) == list(range(5))


def test_the_server_sets_the_pace(stand_in, emitter, until):
    """A `retryAfter` of 300 ms, in the flow of a good answer or in a refusal, is waited for."""
    slow = {"level": "slow", "retryAfter": 300, "sample": 1}
    stand_in.answers = [lambda batch: {**stand_in.store(batch), "flow": slow}, refusing("busy", retryAfter=300)]
    send(emitter, 1)
    until(lambda: stand_in.events)
    began = time.monotonic()
    send(emitter, 1)

    assert emitter.flush(10)
    assert time.monotonic() - began >= 0.5
    assert len(stand_in.messages) == 3
    assert len(stand_in.events) == 2


def test_rejected_events_are_counted_and_leave_their_neighbours_alone(stand_in, emitter, caplog):
    """Two codes, three events: each code is logged once, the others are stored, nothing is sent again."""

    def reject(batch):
        bad = [(1, "invalid"), (2, "invalid"), (4, "expired")]
        stand_in.store([event for index, event in enumerate(batch) if index not in {1, 2, 4}])
        rejected = [{"index": i, "id": batch[i]["id"], "code": c, "field": "data", "message": "no"} for i, c in bad]
        return answer(accepted=len(batch) - 3, rejected=rejected)

    stand_in.answers = [reject]
    emitter._outbox.buffer._flush_s = 10
    with caplog.at_level(logging.WARNING, "scrapewatch"):
        send(emitter, 6)
        assert emitter.flush(10)

    assert numbers(stand_in.events) == [0, 3, 5]
    assert len(stand_in.messages) == 1
    assert emitter.ledger.rejected == {"invalid": 2, "expired": 1}
    assert [record.getMessage() for record in caplog.records] == [
        "The server refused an event (invalid): data: no",
        "The server refused an event (expired): data: no",
    ]


def test_batches_stay_below_the_limits(stand_in, emitter):
    """1,200 small events make messages of 500; fifty of 30 kB make messages below 512 KiB."""
    emitter._outbox.buffer._flush_s = 10
    send(emitter, 1_200)
    for n in range(50):
        emitter.emit("item_scraped", "1", {"n": n, "text": "x" * 30_000})

    assert emitter.flush(20)
    assert max(map(len, stand_in.messages)) == MAX_BATCH_EVENTS
    large = [message for message in stand_in.messages if "text" in message[-1]["data"]]
    assert all(sum(len(str(event)) for event in message) < MAX_BATCH_BYTES for message in large)
    assert len(large) >= 3
    assert len(stand_in.events) == 1_250


def test_closing_sends_all_that_waits_not_only_what_is_in_flight(stand_in, emitter):
    """Batch after batch, however many there are when the end begins."""
    send(emitter, 5_000)

    assert emitter.close(20)
    assert numbers(stand_in.events) == list(range(5_000))


def test_a_batch_too_large_is_split(stand_in, emitter):
    """A server that takes three events at a time gets 50 of them, in order."""

    def at_most_three(batch):
        return None if len(batch) <= 3 else answer(ok=False, code="batch_too_large")

    stand_in.answers = [at_most_three] * 200
    emitter._outbox.buffer._flush_s = 10
    send(emitter, 50)

    assert emitter.flush(20)
    assert numbers(stand_in.events) == list(range(50))
    assert [event["seq"] for event in stand_in.events] == list(range(1, 51))


def test_one_event_that_can_never_pass_does_not_hold_up_the_rest(stand_in, emitter):
    """A message with event 7 in it is refused as a whole: 7 is given up, the other 19 arrive in order."""

    def never_seven(batch):
        return answer(ok=False, code="invalid") if 7 in numbers(batch) else None

    stand_in.answers = [never_seven] * 200
    emitter._outbox.buffer._flush_s = 10
    send(emitter, 20)

    assert emitter.flush(20)
    assert numbers(stand_in.events) == [n for n in range(20) if n != 7]
    assert emitter.ledger.rejected == {"invalid": 1}


def test_a_refused_credential_is_named_and_tried_again(stand_in, emitter_to, caplog, until):
    """The log says why, once; when the server takes the token after all, everything arrives, and the log says so."""
    stand_in.refusal = {"code": "unauthorized", "message": "No such token", "retryAfter": 0}
    emitter = emitter_to(stand_in.url)
    with caplog.at_level(logging.WARNING, "scrapewatch"):
        send(emitter, 3)
        until(lambda: emitter._outbox._sender._unreached >= 2)
    stand_in.refusal = None

    assert emitter.flush(20)
    refused, taken = caplog.messages
    assert "No such token" in refused
    assert "again" in taken
    assert TOKEN not in caplog.text
    assert numbers(stand_in.events) == [0, 1, 2]


def test_closing_does_not_wait_for_a_server_that_refuses_us(stand_in, emitter_to, until):
    """A wrong token won't become right within the half minute that the end of the process may take."""
    stand_in.refusal = {"code": "unauthorized", "message": "No such token"}
    emitter = emitter_to(stand_in.url)
    send(emitter, 3)
    until(lambda: emitter._outbox._sender._unreached)
    thread = emitter._outbox._sender._thread

    assert not emitter.close(30)
    assert not thread.is_alive()
    assert emitter.ledger.waiting == 4  # the last tells what became of the others


def test_giving_up_after_a_number_of_tries(emitter_to, until, monkeypatch):
    """`SCRAPEWATCH_RECONNECT_ATTEMPTS` 2: three tries, then what comes is dropped; what waits stays on the disk."""
    monkeypatch.setenv("SCRAPEWATCH_RECONNECT_ATTEMPTS", "2")
    emitter = emitter_to("http://127.0.0.1:1")
    send(emitter, 3)
    until(lambda: emitter._outbox.buffer.refusing)
    send(emitter, 1)

    assert (emitter.ledger.waiting, emitter.ledger.dropped) == (3, {"unreachable": 1})
    assert emitter._outbox._sender._unreached == 3


def test_the_server_says_goodbye_and_when_to_return(stand_in, emitter, until):
    """After `server_closing {reconnectAfter: 400}` nobody knocks for 400 ms."""
    send(emitter, 1)
    assert emitter.flush(10)
    link = emitter._outbox._sender._route._link
    stand_in.io.emit("server_closing", {"reconnectAfter": 400})
    until(lambda: link._asked_ms)
    stand_in.hang_up()
    began = time.monotonic()
    send(emitter, 1)

    assert emitter.flush(10)
    assert time.monotonic() - began >= 0.4


def test_everything_emitted_is_accounted_for(stand_in, emitter):
    """The ledger adds up: emitted = accepted + duplicates + rejected + dropped + waiting, after a mixture of all."""
    stand_in.answers = [
        refusing("busy"),
        lambda batch: answer(rejected=[{"index": i, "code": "invalid"} for i in range(len(batch))]),
        lambda batch: (stand_in.store(batch), stand_in.hang_up(), answer())[2],
    ]
    for n in range(30):
        emitter.emit("job_progress" if n % 3 else "item_scraped", "1", {"n": n})
        if n % 10 == 9:
            assert emitter.flush(10)

    ledger = emitter.ledger
    told = ledger.accepted + ledger.duplicates + ledger.rejected.total() + ledger.dropped.total() + ledger.waiting
    assert ledger.emitted == told == 30
    assert ledger.accepted + ledger.duplicates == len(stand_in.events)
