"""Notices in SQL, on each database: who sends what when, and what is never sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.storage.base_notices import Delivery, NewNotice, Notice, NoticeFilter, Taken
from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from app.storage.sql.notices_tables import insert_notices

ALL = NoticeFilter()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of the test's own."""
    database = Database(database_url, readers=2)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> SqlNoticeStore:
    """An empty store."""
    return SqlNoticeStore(database)


def new(key: str, **fields: Any) -> NewNotice:
    """A notice of incident 1, due at 100."""
    given = {"channel": "slack", "kind": "firing", "created_at": 100, "due_at": 100, "incident_id": 1, **fields}
    return NewNotice(key=key, **given)


def claim(store: SqlNoticeStore, now_ms: int = 100, holder: str = "me", limit: int = 9) -> list[Notice]:
    """Take what is due, for 50 ms."""
    return store.claim(now_ms, lease_ms=50, holder=holder, limit=limit)


def settle(store: SqlNoticeStore, notice: Notice, outcome: str, again_at: int | None = None, **fields: Any) -> bool:
    """Say how a try ended, 7 ms long."""
    tried = Delivery(notice_id=notice.id, at=120, outcome=outcome, status=200, reply="ok", latency_ms=7)
    return store.settle(notice, tried, again_at=again_at, uncertain=fields.get("uncertain", False))


def states(store: SqlNoticeStore) -> dict[str, str]:
    """The state of every notice, by key."""
    return {notice.key: notice.state for notice in store.notices(ALL)}


def test_a_notice_comes_back_as_it_was_given(store: SqlNoticeStore):
    """With its body, waiting, never tried."""
    store.add([new("a", body={"rule": "backlog", "value": 1.5})])

    (found,) = store.notices(ALL)

    assert (found.key, found.body, found.kind) == ("a", {"rule": "backlog", "value": 1.5}, "firing")
    assert (found.state, found.attempts, found.status, found.reply) == ("waiting", 0, None, "")
    assert store.notice(found.id) == found
    assert store.notice(found.id + 1) is None


def test_a_key_is_stored_once(store: SqlNoticeStore):
    """A second evaluator that tells the same adds nothing, and its other notices are stored."""
    store.add([new("a", body={"n": 1})])
    store.add([new("a", body={"n": 2}), new("b")])

    assert [(found.key, dict(found.body)) for found in store.notices(ALL)] == [("b", {}), ("a", {"n": 1})]


def test_a_notice_goes_with_the_transaction_it_tells_of(store: SqlNoticeStore, database: Database):
    """What is rolled back is not told either."""

    def work(connection):
        insert_notices(connection, [new("a")])
        raise RuntimeError("the change was refused")

    with pytest.raises(RuntimeError, match="refused"):
        database.write(work)

    assert store.notices(ALL) == []


def test_what_is_due_is_taken_once(store: SqlNoticeStore):
    """Nothing before its time, and nothing that another has."""
    store.add([new("a"), new("b", channel="sms", due_at=101)])

    assert [taken.key for taken in claim(store, 100)] == ["a"]
    assert claim(store, 100, holder="other") == []
    assert [taken.key for taken in claim(store, 101)] == ["b"]


def test_a_channel_is_sent_one_notice_at_a_time(store: SqlNoticeStore):
    """The oldest first, and others beside it, up to the limit."""
    store.add([new("a"), new("b", incident_id=2), new("c", channel="sms"), new("d", channel="email")])

    first = claim(store, limit=2)
    second = claim(store)

    assert [taken.key for taken in first] == ["a", "c"]
    assert [taken.key for taken in second] == ["d"]
    assert settle(store, first[0], "sent")
    assert [taken.key for taken in claim(store)] == ["b"]


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_writes_nothing_more(store: SqlNoticeStore):
    """Who was given up for dead only leaves the trace of its try."""
    store.add([new("a")])
    (mine,) = claim(store, 100)

    assert claim(store, 150, holder="other") == []
    (theirs,) = claim(store, 151, holder="other")

    assert (theirs.id, theirs.attempts, theirs.leased_by) == (mine.id, 2, "other")
    assert not settle(store, mine, "failed")
    assert states(store) == {"a": "sending"}
    assert settle(store, theirs, "sent")
    assert [tried.outcome for tried in store.deliveries([mine.id])] == ["failed", "sent"]


def test_a_sent_notice_tells_how_it_went(store: SqlNoticeStore):
    """When, what was answered, and how long it took."""
    store.add([new("a")])
    settle(store, claim(store)[0], "sent")

    (found,) = store.notices(ALL)

    assert (found.state, found.sent_at, found.status, found.reply, found.latency_ms) == ("sent", 120, 200, "ok", 7)
    assert (found.lease_until, found.leased_by) == (None, None)
    assert claim(store, 10_000) == []


def test_what_failed_for_now_is_due_again_later(store: SqlNoticeStore):
    """Or at once, when its channel has been mended."""
    store.add([new("a"), new("b", channel="sms")])
    for taken in claim(store):
        settle(store, taken, "again", again_at=500)

    assert claim(store, 499) == []
    store.hasten("sms", 200)
    (mended,) = claim(store, 200)
    assert mended.key == "b"
    settle(store, mended, "sent")
    assert [(taken.key, taken.attempts) for taken in claim(store, 500)] == [("a", 2)]


def test_what_was_sent_past_the_queue_is_in_the_log(store: SqlNoticeStore):
    """With its try, and nobody sends it again."""
    tried = Delivery(notice_id=0, at=120, outcome="failed", status=500, reply="no", latency_ms=7)

    store.record(new("test", kind="test", incident_id=None), tried)

    (found,) = store.notices(ALL)
    assert (found.state, found.status, found.reply, found.attempts) == ("failed", 500, "no", 1)
    assert [(one.notice_id, one.reply) for one in store.deliveries([found.id])] == [(found.id, "no")]
    assert claim(store) == []


def test_notices_of_an_incident_keep_their_order_in_a_channel(store: SqlNoticeStore):
    """The news of the end never overtakes that of the beginning; other incidents pass."""
    store.add([new("firing")])
    settle(store, claim(store)[0], "again", again_at=500, uncertain=True)
    store.add([new("update", kind="update"), new("other", incident_id=2)])

    assert [taken.key for taken in claim(store, 200)] == ["other"]


def test_what_was_never_told_is_not_told_any_more_when_it_is_over(store: SqlNoticeStore):
    """Neither the problem nor its end, in that channel; who was told hears of the end."""
    store.add([new("down"), new("told", channel="sms")])
    taken = {notice.channel: notice for notice in claim(store)}
    settle(store, taken["slack"], "again", again_at=500)
    settle(store, taken["sms"], "sent")
    store.add([new("over", kind="resolved"), new("over.sms", kind="resolved", channel="sms")])

    assert [found.key for found in claim(store, 200)] == ["over.sms"]
    assert states(store) == {"down": "superseded", "over": "superseded", "told": "sent", "over.sms": "sending"}


def test_everyone_who_was_told_hears_of_the_end(store: SqlNoticeStore):
    """Whatever else is told at the same time, and to whom."""
    everyone = [(number, channel) for number in (1, 2) for channel in ("slack", "email", "webhook")]
    for kind in ("firing", "resolved"):
        store.add([new(f"{n}.{kind}.{who}", channel=who, incident_id=n, kind=kind) for n, who in everyone])
        for _ in (1, 2):
            for taken in claim(store):
                settle(store, taken, "sent")

    assert set(states(store).values()) == {"sent"}


def test_who_may_have_been_told_hears_of_the_end(store: SqlNoticeStore):
    """A try without an answer may have arrived; so the end is told."""
    store.add([new("firing")])
    settle(store, claim(store)[0], "again", again_at=500, uncertain=True)
    store.add([new("over", kind="resolved")])

    assert [found.key for found in claim(store, 200)] == ["over"]
    assert states(store)["firing"] == "superseded"


def test_the_end_waits_for_the_beginning_that_is_on_its_way(store: SqlNoticeStore):
    """Then it is known whether there is an end to tell."""
    store.add([new("firing")])
    (firing,) = claim(store)
    store.add([new("over", kind="resolved")])

    assert claim(store, 120) == []
    settle(store, firing, "sent")
    assert [found.key for found in claim(store, 120)] == ["over"]


def test_an_end_is_told_once_for_each_time_it_was_told_to_begin(store: SqlNoticeStore):
    """An incident that came back untold has no second end in that channel."""
    store.add([new("firing")])
    settle(store, claim(store)[0], "sent")
    store.add([new("over", kind="resolved")])
    settle(store, claim(store)[0], "sent")
    store.add([new("again", due_at=900), new("over again", kind="resolved")])
    claim(store)

    assert states(store) == {"firing": "sent", "over": "sent", "again": "superseded", "over again": "superseded"}


def test_a_dead_letter_is_sent_again_on_demand(store: SqlNoticeStore):
    """With all its time before it; what was sent is not."""
    store.add([new("a")])
    (taken,) = claim(store)
    assert store.retry(taken.id, 300) is None
    settle(store, taken, "failed")

    again = store.retry(taken.id, 300)

    assert again is not None
    assert (again.state, again.due_at, again.created_at) == ("waiting", 300, 300)
    assert [found.id for found in claim(store, 300)] == [taken.id]


def test_notices_are_found_by_incident_state_and_channel(store: SqlNoticeStore):
    """And by pages, newest first."""
    store.add([new("a"), new("b", channel="sms"), new("c", incident_id=2)])
    (last, *_) = store.notices(ALL)
    settle(store, claim(store, limit=1)[0], "failed")

    assert [found.key for found in store.notices(NoticeFilter(incident_id=1))] == ["b", "a"]
    assert [found.key for found in store.notices(NoticeFilter(states=("failed",)))] == ["a"]
    assert [found.key for found in store.notices(NoticeFilter(channel="sms"))] == ["b"]
    assert [found.key for found in store.notices(ALL, before=last.id, limit=1)] == ["b"]


def test_old_notices_are_forgotten_with_their_deliveries(store: SqlNoticeStore):
    """Only those that are over."""
    store.add([new("a"), new("b", channel="sms")])
    taken = claim(store, limit=1)[0]
    settle(store, taken, "sent")

    assert store.forget(100) == 0
    assert store.forget(101) == 1
    assert states(store) == {"b": "waiting"}
    assert store.deliveries([taken.id]) == []


def test_only_what_a_channel_took_counts_as_told(store: SqlNoticeStore):
    """Not what waits, fails or is tried again; of each incident the last time, and who took any."""
    store.add([new("a"), new("b", channel="sms"), new("c", channel="mail"), new("d", channel="sms", incident_id=2)])
    for notice in claim(store):
        settle(store, notice, {"slack": "sent", "sms": "again", "mail": "failed"}[notice.channel], 900)
    later = Delivery(notice_id=0, at=130, outcome="sent", status=None, reply="", latency_ms=1)
    store.record(new("e", channel="late"), later)

    assert store.taken([1, 2, 3]) == {1: Taken(at=130, channels=("late", "slack"))}
    assert store.taken([]) == {}
