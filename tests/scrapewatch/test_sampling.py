"""Items that are counted instead of sent: the numbers stay exact."""

import time

import pytest

from tests.scrapewatch.stand_in import answer


def counts(events, job="1"):
    """How many items the server knows of: sent, and told in summaries."""
    own = [event for event in events if event["jobId"] == job]
    sent = [event for event in own if event["type"] == "item_scraped"]
    summaries = [event["data"] for event in own if event["type"] == "item_summary"]
    return len(sent), sum(summary["count"] for summary in summaries)


def run(emitter, count, job_id="1"):
    """A job of so many items, all answered for."""
    with emitter.job(job_id) as job:
        for n in range(count):
            job.item({"n": n})
    assert emitter.flush(20)


def asking(share):
    """An answer whose flow wants this share of the items whole."""

    def asked(batch):
        flow = {"level": "shed", "retryAfter": 0, "sample": {"item_scraped": share}}
        return {**answer(accepted=len(batch)), "flow": flow}

    return asked


def test_items_can_be_counted_alone(stand_in, emitter_to, monkeypatch):
    """`SCRAPEWATCH_ITEMS` count: no item goes out; the summaries before the end tell how many and how large."""
    monkeypatch.setenv("SCRAPEWATCH_ITEMS", "count")
    emitter = emitter_to(stand_in.url)
    run(emitter, 500)

    assert counts(stand_in.events) == (0, 500)
    summaries = [event["data"] for event in stand_in.events if event["type"] == "item_summary"]
    assert sum(summary["bytes"] for summary in summaries) == sum(len(f'{{"n":{n}}}') for n in range(500))
    assert all(summary["from"] <= summary["to"] for summary in summaries)
    assert stand_in.events[-1]["type"] == "job_completed"
    assert stand_in.events[-1]["data"]["itemsScraped"] == 500
    assert (emitter.ledger.dropped, emitter.losses()) == ({"summarised": 500}, {})


def test_a_sample_of_the_items_goes_out_whole(stand_in, emitter_to, monkeypatch):
    """`SCRAPEWATCH_ITEMS` sample: the first ten of a second, the others as a number; of each job apart."""
    monkeypatch.setenv("SCRAPEWATCH_ITEMS", "sample")
    emitter = emitter_to(stand_in.url)
    run(emitter, 500, "1")
    run(emitter, 5, "2")

    whole, counted = counts(stand_in.events)
    assert 10 <= whole < 200
    assert whole + counted == 500
    assert counts(stand_in.events, "2") == (5, 0)


@pytest.mark.parametrize("share", [0.1, 0.25, 0])
def test_the_server_may_ask_for_a_share(stand_in, emitter, share):
    """From then on exactly that share goes out whole, and the rest is told before the job ends."""
    stand_in.answers = [asking(share)] * 100
    with emitter.job("1") as job:
        assert emitter.flush(10)
        for n in range(200):
            job.item({"n": n})
    stand_in.answers = []
    batches = list(stand_in.messages)
    assert emitter.flush(10)
    sent = [event for batch in [*batches, *stand_in.messages[len(batches) :]] for event in batch]

    assert counts(sent) == (200 * share, 200 - 200 * share)
    assert sent[-1]["type"] == "job_completed"


def test_when_the_server_can_bear_all_again_all_is_sent(stand_in, emitter):
    """The share holds until the server says otherwise."""
    stand_in.answers = [asking(0.5)]
    emitter.emit("log", "1", {"message": "one"})
    assert emitter.flush(10)
    run(emitter, 100, "1")
    run(emitter, 100, "2")

    assert counts(stand_in.events, "1") == (50, 50)
    assert counts(stand_in.events, "2") == (100, 0)


@pytest.fixture
def silent(stand_in):
    """A server whose answers say nothing of how much it can bear."""
    stand_in.answers = [lambda batch: {**stand_in.store(batch), "flow": None}] * 1_000
    return stand_in


def share_of(emitter):
    """Of the items that the server wants whole, as far as the client knows."""
    return emitter._outbox.buffer._intake.sampling.share


def test_a_message_slows_the_sender_and_thins_the_items_at_once(silent, emitter, until):
    """A `flow` between two batches: the next waits 400 ms, a quarter of the items goes out, until it is over."""
    emitter.emit("log", "1", {"message": "one"})
    assert emitter.flush(10)
    silent.io.emit("flow", {"level": "shed", "retryAfter": 400, "sample": {"item_scraped": 0.25}})
    until(lambda: share_of(emitter) == 0.25)
    began = time.monotonic()
    run(emitter, 200, "1")
    assert time.monotonic() - began >= 0.4
    silent.io.emit("flow", {"level": "ok", "retryAfter": 0, "sample": {}})
    until(lambda: share_of(emitter) == 1)
    run(emitter, 200, "2")

    assert counts(silent.events, "1") == (50, 150)
    assert counts(silent.events, "2") == (200, 0)
    assert (emitter.ledger.dropped, emitter.losses()) == ({"summarised": 150}, {})


def test_the_newest_word_counts(silent, emitter, until):
    """`hello` is told half, the first answer a quarter: it stays a quarter, however many batches follow."""
    silent.io.on("hello", lambda sid, who: {"flow": {"level": "shed", "sample": {"item_scraped": 0.5}}})
    silent.answers.insert(0, asking(0.25))
    emitter.emit("log", "0", {"message": "one"})
    assert emitter.flush(10)
    for job in "123":
        run(emitter, 100, job)

    assert [counts(silent.events, job) for job in "123"] == [(25, 75)] * 3
