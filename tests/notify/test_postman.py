"""The postman, over a real store and real receivers: what is sent, when again, and what is noted."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.core.clock import CLOCK
from app.notify.door import Door
from app.notify.environment import Environment
from app.notify.postman import GIVE_UP_MS, LEASE_MS, LONGEST_MS, Postman
from app.notify.seal import FERNET, Seal
from app.notify.sender import Sender
from app.notify.service import Channels
from app.runtime.base import Net
from app.storage.base_notices import Notice, NoticeFilter
from app.storage.sql.channels import SqlChannelStore
from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from tests.fakes import NOW_MS, StoppedClock
from tests.notify import receivers
from tests.notify.notices import LINKS, notice
from tests.notify.receivers import Receiver, receiver, rough

KEY = "a key of the tests, which has 32 bytes or more"
WAIT_S = 30


class Desk:
    """A postman, who can be killed, and what he works with."""

    def __init__(self, database: Database) -> None:
        self.clock = StoppedClock()
        self.store = SqlNoticeStore(database)
        self.channels = Channels(
            SqlChannelStore(database), Seal([KEY], FERNET, enabled=True), Environment({}, {}), self.clock
        )
        self.door = Door(Net(socket, ssl), CLOCK, allow_private=True, deadline_ms=3_000)
        self.postman = self.hire("first")

    def hire(self, holder: str) -> Postman:
        sender = Sender(self.door, self.clock)
        postman = Postman(self.store, self.channels, sender, lambda _: LINKS, self.clock, holder)
        postman._draw = lambda: 0.5
        return postman

    def channel(self, name: str, url: str) -> None:
        config = {"webhook": url, "secret": "s3cret"}
        self.channels.create({"name": name, "type": "webhook", "config": config})

    def put(self, *channels: str, **fields: Any) -> None:
        self.store.add([notice(key=f"7.{name}.{self.clock.now_ms()}", channel=name, **fields) for name in channels])

    def work(self) -> None:
        """Send what is due and wait until it is done."""
        self.postman.look()
        until(lambda: not self.postman._busy)

    def one(self, channel: str = "ops") -> Notice:
        return self.store.notices(NoticeFilter(channel=channel))[0]


def until(true: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Nothing to send, nowhere to send it."""
    database = Database(database_url, readers=4)
    yield Desk(database)
    database.close()


def test_a_notice_is_sent_and_noted(desk: Desk, shop: Receiver):
    """Once, with status, reply and how long it took."""
    desk.channel("ops", shop.url)
    desk.put("ops")

    desk.work()
    desk.work()

    sent = desk.one()
    assert len(shop.got) == 1
    assert shop.got[0].json["links"] == LINKS
    assert (sent.state, sent.status, sent.reply, sent.attempts, sent.sent_at) == ("sent", 200, "ok", 1, NOW_MS)
    assert [tried.outcome for tried in desk.store.deliveries([sent.id])] == ["sent"]


def test_what_fails_for_now_is_tried_again_ever_more_rarely(desk: Desk, shop: Receiver):
    """After 5 s at most, then twice that, up to a quarter of an hour; with jitter."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    shop.answer = (503, {}, b"away")
    waits = []
    for _ in range(10):
        desk.work()
        waits.append(desk.one().due_at - desk.clock.now_ms())
        desk.clock.advance(waits[-1])

    assert waits == [2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, LONGEST_MS // 2, LONGEST_MS // 2]
    shop.answer = (200, {}, b"back")
    desk.work()
    assert (desk.one().state, desk.one().attempts, len(shop.got)) == ("sent", 11, 11)
    assert {got.headers["Idempotency-Key"] for got in shop.got} == {desk.one().key}


def test_a_receiver_that_names_a_time_is_left_alone_until_then(desk: Desk, shop: Receiver):
    """For an hour at most."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    for header, wait_ms in (("120", 120_000), ("999999", 3_600_000)):
        shop.answer = (429, {"Retry-After": header}, b"")
        desk.work()
        assert desk.one().due_at - desk.clock.now_ms() == wait_ms
        desk.clock.advance(wait_ms)


def test_it_is_given_up_after_a_day(desk: Desk, shop: Receiver):
    """And can be sent by hand then, with another day."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    shop.answer = (500, {}, b"no")
    desk.work()
    desk.clock.advance(GIVE_UP_MS)
    desk.work()
    assert (desk.one().state, desk.one().status) == ("failed", 500)

    desk.store.retry(desk.one().id, desk.clock.now_ms())
    desk.work()
    assert desk.one().state == "waiting"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_channel_that_can_not_work_is_marked(desk: Desk, shop: Receiver, status: int):
    """At the first answer; and whole again when a message arrives."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    shop.answer = (status, {}, b"not here, s3cret")
    desk.work()

    broken = desk.channels.get("1").broken
    assert broken is not None
    assert broken.why == f"{status}: not here, •••"
    assert desk.one().state == "failed"
    shop.answer = (200, {}, b"ok")
    desk.put("ops", incident_id=8)
    desk.clock.advance(1)
    desk.put("ops", incident_id=9)
    desk.work()
    assert desk.channels.get("1").broken is None


def test_a_message_that_can_not_be_taken_is_given_up_and_the_channel_is_not(desk: Desk, shop: Receiver):
    """400: the next one may well be taken."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    shop.answer = (400, {}, b"what?")
    desk.work()

    assert (desk.one().state, desk.one().reply) == ("failed", "what?")
    assert desk.channels.get("1").broken is None


def test_a_channel_may_come_later_than_its_notices(desk: Desk, shop: Receiver):
    """They wait for it."""
    desk.put("ops")
    desk.work()
    assert (desk.one().state, desk.one().reply) == ("waiting", "There is no channel ops.")

    desk.channel("ops", shop.url)
    desk.clock.advance(5_000)
    desk.work()
    assert desk.one().state == "sent"


def test_bad_receivers_hold_up_nobody(desk: Desk, shop: Receiver):
    """500, 429, silence, drops, floods and broken TLS, all at once: who is well has its message, each has its line."""
    with ExitStack() as stack:
        for name, behave in {"hang": receivers.hang, "drip": receivers.drip, "flood": receivers.flood,
                             "vanish": receivers.vanish, "babble": receivers.babble}.items():  # fmt: skip
            desk.channel(name, stack.enter_context(rough(behave)))
        for name, answer in {"500": (500, {}, b"oh"), "429": (429, {"Retry-After": "9"}, b"slow down"),
                             "307": (307, {"Location": shop.url}, b"")}.items():  # fmt: skip
            known = stack.enter_context(receiver())
            known.answer = answer
            desk.channel(name, known.url)
        desk.channel("tls", shop.url.replace("http:", "https:"))
        desk.channel("ops", shop.url)
        bad = ["hang", "drip", "vanish", "babble", "500", "429", "307", "tls"]
        desk.put(*bad, "flood", "ops")

        desk.postman.look()
        shop.wait()
        until(lambda: not desk.postman._busy)

    assert [desk.one(name).state for name in ("ops", "flood")] == ["sent", "sent"]
    assert {name: desk.one(name).state for name in bad} == dict.fromkeys(bad, "waiting")
    assert {name: desk.one(name).status for name in bad if desk.one(name).status} == {
        "500": 500,
        "429": 429,
        "307": 307,
    }
    assert {name for name in bad if desk.one(name).uncertain} == {"hang", "drip", "vanish", "babble"}
    assert [got.json["key"] for got in shop.got] == [desk.one().key]
    assert desk.one("hang").reply == "No answer within 3 s."


def test_a_slow_channel_has_one_message_on_its_way(desk: Desk, shop: Receiver):
    """However many wait for it, the others pass."""
    with rough(receivers.hang) as url:
        desk.channel("slow", url)
        desk.channel("ops", shop.url)
        desk.store.add([notice(key=f"s{number}", channel="slow", incident_id=number) for number in range(30)])
        desk.store.add([notice(key=f"o{number}", channel="ops", incident_id=number) for number in range(30)])
        desk.postman.look()
        shop.wait(30)
        until(lambda: len(desk.store.notices(NoticeFilter(channel="ops", states=("sent",)))) == 30)
        assert len(desk.store.notices(NoticeFilter(channel="slow", states=("sending",)))) <= 1
        desk.postman.stop(WAIT_S)


def test_who_dies_before_the_mark_leaves_one_duplicate_at_most(desk: Desk, shop: Receiver):
    """The next postman sends it again when the lease has run out, under the same key."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    (taken,) = desk.store.claim(NOW_MS, lease_ms=LEASE_MS, holder="dead", limit=1)
    desk.door.post(shop.url, b"{}", {"Idempotency-Key": taken.key})
    desk.postman = desk.hire("second")

    desk.work()
    assert len(shop.got) == 1
    desk.clock.advance(LEASE_MS + 1)
    desk.work()
    desk.work()

    assert [got.headers["Idempotency-Key"] for got in shop.got] == [taken.key] * 2
    assert desk.one().state == "sent"


def test_a_postman_who_stops_starts_nothing_more(desk: Desk, shop: Receiver):
    """What waits goes on waiting."""
    desk.channel("ops", shop.url)
    assert desk.postman.stop(WAIT_S)
    desk.put("ops")
    desk.work()

    assert desk.one().state == "waiting"


def test_a_test_is_sent_at_once_and_logged(desk: Desk, shop: Receiver):
    """With the receiver's own answer, good or bad."""
    desk.channel("ops", shop.url)
    good = desk.postman.test(desk.channels.get("1"))
    desk.clock.advance(1)
    shop.answer = (404, {}, b"no such hook")
    bad = desk.postman.test(desk.channels.get("1"))

    assert (good.failure, good.status, good.reply) == (None, 200, "ok")
    assert (bad.status, bad.reply) == (404, "no such hook")
    assert [(found.kind, found.state) for found in desk.store.notices(NoticeFilter())] == [
        ("test", "failed"),
        ("test", "sent"),
    ]
    assert desk.channels.get("1").broken is not None


def test_a_channel_may_have_a_name_of_any_language(desk: Desk, shop: Receiver):
    """It is part of the key."""
    desk.channel("Дежурные 夜", shop.url)
    desk.put("Дежурные 夜")
    desk.work()

    assert desk.one("Дежурные 夜").state == "sent"


def test_an_error_of_ours_loses_no_notice(desk: Desk, shop: Receiver, monkeypatch: pytest.MonkeyPatch):
    """It is noted, and tried again after a pause."""
    desk.channel("ops", shop.url)
    desk.put("ops")
    with monkeypatch.context() as patch:
        patch.setattr(Door, "post", lambda *_: 1 / 0)
        desk.work()

    assert (desk.one().state, desk.one().attempts) == ("waiting", 1)
    assert "ZeroDivisionError" in desk.one().reply
    assert desk.one().due_at > desk.clock.now_ms()
