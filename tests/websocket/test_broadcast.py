"""Which reader is sent what, over sockets whose queues are only looked at."""

import threading
from collections import deque
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.storage.base import Commit
from app.websocket.broadcast import MOST_RECENT
from app.websocket.readers import MOST_BYTES, MOST_PACKETS, MOST_ROOMS, PATIENCE_MS
from app.websocket.rooms import room_filter
from tests.fakes import event, no_fold
from tests.websocket.conftest import MOST_WAITING
from tests.websocket.ear import Ear

LARGE = 60_000


def test_a_room_that_everyone_left_costs_nothing(broadcaster, readers, store):
    """No trace of its members is kept, and nothing is sent to them."""
    ears = [Ear() for _ in range(100)]
    for number, ear in enumerate(ears):
        broadcaster.join(f"sid{number}", ear, f"job:{number}", batched=bool(number % 2))
        if number % 3:
            readers.gone(f"sid{number}")
        else:
            broadcaster.leave(f"sid{number}", f"job:{number}")
    broadcaster.committed(store.append([event(job_id=str(number)) for number in range(100)], no_fold))

    assert readers._rooms == {}
    assert broadcaster._waiting == {}
    assert [ear.heard() for ear in ears] == [[]] * 100


def test_a_reader_may_be_in_so_many_rooms(broadcaster):
    """One more is refused by name; one it is in may be asked for again, and leaving makes room."""
    for number in range(MOST_ROOMS):
        broadcaster.join("sid", Ear(), f"job:{number}", batched=False)

    with pytest.raises(InvalidInput) as refused:
        broadcaster.join("sid", Ear(), "events", batched=False)
    assert refused.value.field == "room"
    broadcaster.join("sid", Ear(), "job:7", batched=True)
    broadcaster.leave("sid", "job:7")
    broadcaster.join("sid", Ear(), "events", batched=False)


def test_one_who_changes_the_form_is_in_the_room_once(broadcaster, store):
    """From single events to batches."""
    ear = Ear()
    broadcaster.join("sid", ear, "events", batched=False)
    broadcaster.join("sid", ear, "events", batched=True)
    broadcaster.committed(store.append([event()], no_fold))

    assert [name for name, _ in ear.heard()] == ["events"]


def test_what_waits_for_a_batch_reaches_one_who_changes_to_single_events(broadcaster, store):
    """It goes out before the change, in the form it was meant to have."""
    ear = Ear()
    broadcaster.join("sid", ear, "events", batched=True)
    for _ in range(2):
        broadcaster.committed(store.append([event()], no_fold))
    broadcaster.join("sid", ear, "events", batched=False)
    broadcaster.committed(store.append([event()], no_fold))

    assert [name for name, _ in ear.heard()] == ["events", "events", "item_scraped"]


def test_a_newcomer_makes_nobody_else_a_message(broadcaster, store):
    """When thousands come back at once, what waits goes out no more often than else."""
    ear, newcomer = Ear(), Ear()
    broadcaster.join("sid", ear, "events", batched=True)
    for _ in range(2):
        broadcaster.committed(store.append([event()], no_fold))
    assert len(ear.heard()) == 1
    broadcaster.join("newcomer", newcomer, "events", batched=True)

    assert ear.heard() == []


def test_a_batch_goes_at_once_and_the_next_ones_thirty_times_a_second(broadcaster, store, clock):
    """What comes sooner waits for the next commit after that, or for the tick."""
    ear = Ear()
    broadcaster.join("sid", ear, "events", batched=True)
    sent = []
    for _ in range(100):
        broadcaster.committed(store.append([event()], no_fold))
        broadcaster._send_due()
        sent.append(len(ear.heard()))
        clock.advance(10)

    assert sent[0] == 1
    assert sum(sent) == 25
    broadcaster._send_due()
    clock.advance(34)
    broadcaster._send_due()
    assert len(ear.heard()) <= 1
    clock.advance(34)
    broadcaster._send_due()
    assert broadcaster._waiting == {}


def test_every_room_is_a_chain_of_its_own(broadcaster, store, clock):
    """A job's events, all events, and the alerts each name the one before in that room, across commits and forms."""
    rooms = ("events", "job:a", "job:b", "alerts")
    ears = {(room, batched): Ear() for room in rooms for batched in (True, False)}
    for (room, batched), ear in ears.items():
        broadcaster.join(f"{room} {batched}", ear, room, batched=batched)
    for number in range(20):
        some = [event(job_id=job) for job in "aabcb"[number % 5 :]]
        alerts = [event("system_alert", job_id="") for _ in range(number % 2)]
        broadcaster.committed(store.append([*some, *alerts], no_fold))
        clock.advance(13)
    clock.advance(40)
    broadcaster._send_due()

    for (room, batched), ear in ears.items():
        heard = ear.heard()
        events = [each for _, batch in heard for each in batch["events"]] if batched else [each for _, each in heard]
        wanted = store.events_after(room_filter(room), after=0, limit=500)
        cursors = [each.cursor for each in wanted]
        assert [each["cursor"] for each in events] == cursors, room
        assert [each["prev"] for each in events] == [0, *cursors[:-1]], room


def test_recent_is_bounded_in_number_and_time(broadcaster, store, clock):
    """The newest important events of the room, oldest first; none that is older than CACHE_TTL."""
    broadcaster.committed(store.append([event("job_started", job_id=str(n)) for n in range(MOST_RECENT + 50)], no_fold))
    assert [told["jobId"] for told in broadcaster.recent("jobs")] == [str(n) for n in range(50, MOST_RECENT + 50)]

    clock.advance(3_600_001)
    assert broadcaster.recent("jobs") == []


def test_a_deleted_job_is_in_no_cache(broadcaster, store):
    """Its important events are handed out no more."""
    broadcaster.committed(store.append([event("job_started", job_id="kept"), event("error", job_id="gone")], no_fold))
    broadcaster.forget("gone")

    assert [told["jobId"] for told in broadcaster.recent("events")] == ["kept"]


def test_what_comes_while_a_job_is_forgotten_is_kept(broadcaster, store):
    """In threading mode both happen at once: here, in the moment in which the cache is empty."""
    meanwhile = threading.Thread(
        target=lambda: broadcaster.committed(store.append([event("job_started", job_id="new")], no_fold))
    )

    class Cache(deque[Any]):
        def clear(self):
            meanwhile.start()
            meanwhile.join(0.2)
            super().clear()

    broadcaster._recent = Cache(maxlen=9)
    broadcaster.forget("gone")
    meanwhile.join(10)

    assert [told["jobId"] for told in broadcaster.recent("events")] == ["new"]


def test_the_cache_is_filled_again_at_the_start(broadcaster, store):
    """From the store, as it was."""
    store.append([event("job_started"), event(), event("job_failed")], no_fold)
    broadcaster.rebuild()

    assert [told["type"] for told in broadcaster.recent("job:123")] == ["job_started", "job_failed"]


def test_an_empty_commit_tells_nothing(broadcaster):
    """Nothing stored, nothing said."""
    ear = Ear()
    broadcaster.join("sid", ear, "events", batched=False)
    broadcaster.committed(Commit([], [], [], 0))

    assert ear.heard() == []


def test_one_who_does_not_read_is_skipped_and_told_once_it_has(broadcaster, readers, store):
    """By packets; the others go on; what it is told is how much, and from which cursor to ask again."""
    slow, quick = Ear(), Ear()
    broadcaster.join("slow", slow, "job:123", batched=False)
    broadcaster.join("quick", quick, "job:123", batched=False)
    heard = []
    for _ in range(30):
        broadcaster.committed(store.append([event() for _ in range(10)], no_fold))
        heard += quick.heard()
    assert slow.queue.qsize() == MOST_PACKETS
    assert len(heard) == 300

    assert readers.sweep() == []
    assert (readers.lagging(), len(slow.heard())) == (1, MOST_PACKETS)
    assert readers.sweep() == []
    assert slow.heard() == [("lagging", {"room": "job:123", "skipped": 200, "cursor": 100})]
    assert readers.lagging() == 0

    broadcaster.committed(store.append([event()], no_fold))
    assert [told["prev"] for _, told in slow.heard()] == [300]


def test_large_messages_are_bounded_by_bytes(broadcaster, store):
    """A few of them are enough."""
    ear = Ear()
    broadcaster.join("sid", ear, "job:123", batched=False)
    broadcaster.committed(store.append([event(data={"n": n, "x": "x" * 60_000}) for n in range(50)], no_fold))

    assert ear.queue.qsize() * 60_000 < MOST_BYTES + 60_000


def test_all_readers_together_are_bounded_by_bytes(broadcaster, readers, store):
    """Whoever reads hears everything, also then; what those who left did not read no longer counts."""
    stalled = [Ear() for _ in range(10)]
    for number, ear in enumerate(stalled):
        broadcaster.join(f"stalled {number}", ear, "job:123", batched=False)
    quick, heard = Ear(), []
    broadcaster.join("quick", quick, "job:123", batched=False)

    def send():
        for _ in range(30):
            broadcaster.committed(store.append([event(data={"x": "x" * LARGE})], no_fold))
            heard.extend(quick.heard())

    send()
    waiting = sum(ear.queue.qsize() for ear in stalled) * LARGE
    assert MOST_WAITING / 2 < waiting <= MOST_WAITING
    assert len(heard) == 30

    for number in range(10):
        readers.gone(f"stalled {number}")
    stalled[0].heard()  # what is sent after all is not counted again
    late = Ear()
    broadcaster.join("late", late, "job:123", batched=False)
    send()
    assert late.queue.qsize() * LARGE > MOST_BYTES - 2 * LARGE


def test_the_longest_queue_lags_first(broadcaster, readers, store):
    """One who has just come in, and reads slowly, is not made to pay for the others."""
    for number in range(9):
        broadcaster.join(str(number), Ear(), "job:123", batched=False)

    def send(count):
        for _ in range(count):
            broadcaster.committed(store.append([event(data={"x": "x" * LARGE})], no_fold))

    send(30)
    assert readers.lagging() == 9
    late = Ear()
    broadcaster.join("late", late, "job:123", batched=False)
    send(2)

    assert (readers.lagging(), late.queue.qsize()) == (9, 2)


def test_one_who_never_reads_is_named_to_be_closed(broadcaster, readers, store, clock):
    """After its patience, once."""
    ear = Ear()
    broadcaster.join("sid", ear, "job:123", batched=False)
    broadcaster.committed(store.append([event() for _ in range(200)], no_fold))
    clock.advance(PATIENCE_MS - 1)
    assert readers.sweep() == []
    clock.advance(1)
    assert [readers.sweep(), readers.sweep()] == [["eio"], []]
