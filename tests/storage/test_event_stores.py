"""Every event store keeps the same promises: one suite over SQLite, Postgres, memory, Redis, MongoDB."""

from copy import copy

import pytest

from app.storage.base import EventFilter, EventStore, JobFilter
from app.storage.base_keeping import Ages
from app.storage.memory import MemoryEventStore
from tests.fakes import NOW_MS, event, jobs_fold, new_id, no_fold, said

ANY = EventFilter()
PACKED_TOO = True


@pytest.fixture
def store(at_full_pace: None, event_store: EventStore) -> EventStore:
    """An empty store with the senders 1 and 2, of each kind in turn."""
    return event_store


def states(commit) -> list[str]:
    return [outcome.code or outcome.state for outcome in commit.outcomes]


def test_an_event_comes_back_as_it_was_stored(store):
    """Everything that the sender gave, and the server's own times, survive the store."""
    sent = event(data={"title": "Tea “夏”", "price": 4.5}, id=new_id(), seq=7, epoch=new_id(), flags=1)

    store.append([sent], no_fold)

    (found,) = store.events(ANY)
    assert (found.type, found.job_id, said(found), found.data) == (sent.type, "123", said(sent), sent.data)
    assert (found.id, found.seq, found.epoch, found.flags) == (sent.id, 7, sent.epoch, 1)
    assert (found.at_ms, found.received_ms, found.digest) == (NOW_MS, NOW_MS, sent.digest)


def test_cursors_rise_in_the_order_of_arrival(store):
    """Also across batches, and the newest is the head."""
    first = store.append([event(), event()], no_fold)
    second = store.append([event()], no_fold)

    cursors = [stored.cursor for commit in (first, second) for stored in commit.events]
    assert cursors == sorted(set(cursors))
    assert store.reach().newest == cursors[-1]
    assert second.prev == cursors[1]


def test_a_job_s_events_are_chained(store):
    """A commit says where each of its jobs had come to, whatever other jobs did between."""
    first = store.append([event(job_id="a"), event(job_id="b"), event(job_id="a")], no_fold)
    second = store.append([event(job_id="a")], no_fold)

    chain = store.events_after(EventFilter(job_id="a"), after=0)
    assert first.tails == {"a": 0, "b": 0}
    assert second.tails == {"a": chain[1].cursor}


def test_the_same_event_twice_is_stored_once(store):
    """In two batches, and also twice inside one."""
    one, other = event(id=new_id()), event(id=new_id(), data={"n": 2})

    assert states(store.append([one, other], no_fold)) == ["stored", "stored"]
    third = event(id=new_id())
    again = store.append([copy(one), third, copy(third), copy(other)], no_fold)

    assert states(again) == ["duplicate", "stored", "duplicate", "duplicate"]
    assert len(store.events(ANY)) == 3


def test_another_event_under_the_same_id_is_a_conflict(store):
    """The first stays, the second is refused by name."""
    id_ = new_id()
    store.append([event(id=id_, data={"price": 1})], no_fold)

    commit = store.append([event(id=id_, data={"price": 2}), event()], no_fold)

    assert states(commit) == ["id_conflict", "stored"]
    assert commit.outcomes[0].field == "id"


def test_the_same_id_in_another_job_or_of_another_sender_is_another_event(store):
    """The key is (sender, job, id), also for events without a job."""
    id_ = new_id()
    batch = [event(job_id=job, id=id_) for job in ("a", "b")]
    batch += [event("log", job_id="", sender_id=sender, id=id_) for sender in (1, 2)]

    assert states(store.append(batch, no_fold)) == ["stored"] * 4


def test_a_job_belongs_to_the_sender_of_its_first_event(store):
    """Another's event for it is refused and neither stored nor counted."""
    store.append([event(job_id="mine", sender_id=1)], jobs_fold)

    commit = store.append([event(job_id="mine", sender_id=2), event(job_id="other", sender_id=2)], jobs_fold)

    assert states(commit) == ["forbidden_job", "stored"]
    assert store.job("mine").items == 1


def test_only_new_events_reach_the_fold(store):
    """A duplicate never counts twice."""
    scraped = event(id=new_id())
    store.append([scraped, event(id=new_id())], jobs_fold)
    store.append([copy(scraped)], jobs_fold)

    assert store.job("123").items == 2


def test_a_fold_that_fails_leaves_nothing_behind(store):
    """Events, keys and jobs are one transaction."""

    def broken(events, jobs):
        raise ArithmeticError

    sent = event(id=new_id())
    with pytest.raises(ArithmeticError):
        store.append([sent], broken)

    assert store.events(ANY) == []
    assert store.job("123") is None
    assert states(store.append([copy(sent)], no_fold)) == ["stored"]


def test_a_job_comes_back_as_the_fold_left_it(store):
    """Every field of the record is kept."""
    start = {"source": "ebay.com", "query": "vintage cards", "config": {"pageCount": 5}, "tags": ["a", 'q"']}
    progress = {"done": 2.5, "total": 10, "unit": "pages", "itemsScraped": 4, "requests": {"total": 9}}
    store.append([event("job_started", data=start), event("job_progress", data=progress)], jobs_fold)
    store.append([event("job_failed", data={"reason": "banned", "duration": 1500})], jobs_fold)

    job = store.job("123")
    assert (job.source, job.query, job.config, job.tags) == ("ebay.com", "vintage cards", {"pageCount": 5}, ["a", 'q"'])
    assert (job.done, job.total, job.unit, job.items_reported) == (2.5, 10, "pages", 4)
    assert (job.status, job.reason, job.duration, job.totals["requests"]) == ("failed", "banned", 1500, {"total": 9})
    assert (job.sender_id, job.started_at, job.finished_at) == (1, NOW_MS, NOW_MS)
    assert job.first_cursor < job.last_cursor == store.reach().newest


def test_a_job_s_json_changes_where_python_finds_it_alike(store):
    """True and 1, or 0 and 0.0, are equal in Python, and not in JSON."""
    for config in ({"debug": True, "depth": 0}, {"debug": 1, "depth": 0}, {"debug": 1, "depth": 0.0}):
        store.append([event("job_started", data={"config": config})], jobs_fold)
        assert repr(store.job("123").config) == repr(config)


def test_a_batch_changes_each_of_many_jobs_in_its_own_way(store):
    """Whatever columns they are that a job has changed in, of more jobs than one statement takes."""
    many = [f"job {number}" for number in range(600)]
    store.append([event("job_started", job_id, data={"tags": ["été"]}) for job_id in many[:300]], jobs_fold)

    errors = [event("error", job_id, data={"message": "x"}) for job_id in many[::2]]
    ends = [event("job_completed", job_id, data={"reason": "done"}) for job_id in many[::3]]
    store.append([*(event(job_id=job_id) for job_id in many), *errors, *ends], jobs_fold)

    jobs = {job.id: job for job in store.jobs(JobFilter(), limit=1_000)}
    assert list(jobs) == many[::-1]
    assert [(jobs[name].items, jobs[name].errors, jobs[name].status, jobs[name].reason) for name in many] == [
        (1, number % 2 == 0, *(("running", None) if number % 3 else ("completed", "done"))) for number in range(600)
    ]
    assert len(store.jobs(JobFilter(tag="été"), limit=1_000)) == 300
    assert store.job_counts(JobFilter()) == {"running": 400, "completed": 200}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EventFilter(job_id="a"), ["job_started", "error"]),
        (EventFilter(job_id="nobody's"), []),
        (EventFilter(job_id="a", cursors=(2, 3, 9)), ["error"]),
        (EventFilter(types=("log", "error")), ["error", "log"]),
        (EventFilter(min_level=3), ["error"]),
        (EventFilter(q="TIME"), ["error"]),
        (EventFilter(q="100%"), []),
        (EventFilter(from_ms=NOW_MS + 1), ["log"]),
        (EventFilter(to_ms=NOW_MS - 1), ["job_started"]),
    ],
)
def test_events_are_found_by_each_field(store, wanted, found):
    """Forwards and backwards alike; `%` in a search is a character like any other."""
    store.append(
        [
            event("job_started", job_id="a", at_ms=NOW_MS - 5),
            event("error", job_id="a", level=3, data={"message": "timed out"}),
            event("log", job_id="b", level=1, at_ms=NOW_MS + 5, data={"message": "100 of 200"}),
        ],
        no_fold,
    )

    assert [stored.type for stored in store.events_after(wanted, after=0)] == found
    assert [stored.type for stored in store.events(wanted)] == found[::-1]


def test_pages_follow_one_another_without_gap_or_overlap(store):
    """Three pages of two make up the five events."""
    store.append([event(data={"n": n}) for n in range(5)], no_fold)

    pages, before = [], None
    while page := store.events(ANY, before=before, limit=2):
        pages.append([said(stored)["n"] for stored in page])
        before = page[-1].cursor

    assert pages == [[4, 3], [2, 1], [0]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (JobFilter(), ["b", "a"]),
        (JobFilter(statuses=("running",)), ["b"]),
        (JobFilter(source="ebay.com"), ["a"]),
        (JobFilter(q="CARDS"), ["a"]),
        (JobFilter(tag="night"), ["b"]),
        (JobFilter(tag="nigh"), []),
        (JobFilter(from_ms=NOW_MS), ["b"]),
        (JobFilter(to_ms=NOW_MS - 1), ["a"]),
    ],
)
def test_jobs_are_found_by_each_field(store, wanted, found):
    """Newest first, counted by the same filter."""
    first = {"source": "ebay.com", "query": "vintage cards"}
    store.append(
        [
            event("job_started", job_id="a", at_ms=NOW_MS - 1_000, data=first),
            event("job_completed", job_id="a"),
            event("job_started", job_id="b", data={"tags": ["night"]}),
        ],
        jobs_fold,
    )

    assert [job.id for job in store.jobs(wanted)] == found
    assert sum(store.job_counts(wanted).values()) == len(found)


@pytest.mark.statement(49)
def test_a_deleted_job_is_gone_with_its_events_and_keys(store):
    """The same events may be sent again and make the job anew."""
    kept, dropped = event(job_id="kept"), event(job_id="dropped", id=new_id())
    store.append([kept, dropped], jobs_fold)

    assert store.delete_job("dropped")
    assert not store.delete_job("dropped")
    assert [stored.job_id for stored in store.events(ANY)] == ["kept"]
    assert states(store.append([copy(dropped)], jobs_fold)) == ["stored"]


def test_pruning_takes_the_oldest_in_slices_and_logs_earlier(store, clock):
    """What is older than its kind is kept goes, `limit` at a time, and its key with it."""
    old = event(id=new_id())
    store.append([old, event(), event("log", job_id="")], no_fold)
    clock.advance(1_000)
    store.append([event("log", job_id=""), event()], no_fold)

    ages = Ages(NOW_MS + 1, NOW_MS + 2_000)
    assert store.prune(ages, limit=2) == 2
    assert store.prune(ages, limit=9) + store.prune(ages, limit=9) == 2
    assert store.prune(ages, limit=9) == 0
    assert [stored.type for stored in store.events(ANY)] == ["item_scraped"]
    assert states(store.append([copy(old)], no_fold)) == ["stored"]


def test_the_last_sequence_numbers_of_an_epoch_are_known(store):
    """By job, for a client that asks where it stopped."""
    epoch = new_id()
    store.append([event(job_id=job, epoch=epoch, seq=seq) for job, seq in (("a", 1), ("a", 2), ("b", 9))], no_fold)
    store.append([event(job_id="a", epoch=new_id(), seq=50)], no_fold)

    assert store.last_seqs(1, epoch) == {"a": 2, "b": 9}


def test_memory_is_bounded(clock):
    """Beyond its capacity the memory store forgets the oldest events."""
    store = MemoryEventStore(clock, lambda points: None, capacity=3)
    store.append([event(data={"n": n}) for n in range(5)], no_fold)

    assert [said(stored)["n"] for stored in store.events(ANY)] == [4, 3, 2]


def test_a_deleted_end_makes_no_gap(store):
    """Readers have seen the newest events; that they are deleted does not let the chain start anew before them."""
    newest = store.append([event(job_id="gone")], no_fold).events[-1].cursor
    store.delete_job("gone")

    assert store.append([event(job_id="next")], no_fold).prev == newest


def test_it_is_known_how_far_events_were_removed(store):
    """By pruning and with their job, once they are out of sight; what was given stays given."""
    store.append([event(), event("log"), event(job_id="other")], jobs_fold)
    store.append([event(job_id="other"), event()], jobs_fold)
    first, *_, newest = sorted(found.cursor for found in store.events(ANY))
    assert store.reach() == (newest, 0)

    assert store.prune(Ages(NOW_MS + 1, NOW_MS), limit=1) == 1
    assert store.reach() == (newest, first)
    assert store.delete_job("123")
    assert store.reach() == (newest, newest)
    assert store.prune(Ages(NOW_MS + 1, NOW_MS), limit=9) == 2
    assert store.reach() == (newest, newest)
