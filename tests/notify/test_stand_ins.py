"""A channel that takes the place of another, and one that does not want to hear of ends."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.notify.postman import GIVE_UP_MS, STAND_IN_MS
from app.storage.base_notices import NoticeFilter
from tests.notify.notices import notice
from tests.notify.receivers import receiver
from tests.notify.test_postman import Desk, desk

__all__ = ["desk"]

Answer = tuple[int, dict[str, str], bytes]

GONE: Answer = (410, {}, b"gone")
AWAY: Answer = (503, {}, b"away")


class Shop:
    """Three channels, each with a receiver of its own, of which the first has the second for its stand-in."""

    def __init__(self, desk: Desk, stack: ExitStack) -> None:
        self.desk = desk
        self.receivers = {name: stack.enter_context(receiver()) for name in ("ops", "backup", "third")}
        for name in self.receivers:
            self.set(name, **({"fallback": "backup"} if name == "ops" else {}))

    def set(self, name: str, **config: Any) -> None:
        """Give the channel these settings."""
        body = {
            "name": name,
            "type": "webhook",
            "config": {"webhook": self.receivers[name].url, "secret": "s", **config},
        }
        known = self.desk.channels.named(name)
        if known:
            self.desk.channels.change(known.id, body)
        else:
            self.desk.channels.create(body)

    def tell(self, kind: str, number: int, *channels: str, **body: Any) -> None:
        """Let the engine tell these channels, and send until nothing is due; keys are those that it gives."""
        self.desk.clock.advance(1)
        now_ms = self.desk.clock.now_ms()
        keys = [(f"7.{kind}.{number}.{channel}", channel) for channel in channels]
        self.desk.store.add(
            [notice(kind, key=key, channel=name, created_at=now_ms, due_at=now_ms, body=body) for key, name in keys]
        )
        self.desk.work()
        self.desk.work()

    def next_try(self) -> None:
        """Let what waits for `ops` be due, and send until nothing is."""
        waiting = [one for one in self.desk.store.notices(NoticeFilter(channel="ops")) if one.state == "waiting"]
        self.desk.clock.advance(waiting[-1].due_at - self.desk.clock.now_ms())
        self.desk.work()
        self.desk.work()

    def heard(self) -> dict[str, list[str]]:
        """Of each channel that accepts, the kinds of the messages that it was sent."""
        well = {name: one for name, one in self.receivers.items() if one.answer[0] == 200}
        return {name: [got.json["kind"] for got in one.got] for name, one in well.items() if one.got}

    def states(self, channel: str) -> list[str]:
        """How its notices stand, oldest first."""
        return [one.state for one in self.desk.store.notices(NoticeFilter(channel=channel))][::-1]


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    """All of them well."""
    with ExitStack() as stack:
        yield Shop(desk, stack)


def test_what_a_channel_can_never_take_goes_to_its_stand_in(shop: Shop):
    """At once, and so does the end; the message says why it comes there, and both logs what happened."""
    shop.receivers["ops"].answer = GONE
    shop.tell("firing", 1, "ops")
    shop.tell("resolved", 2, "ops")

    assert shop.heard() == {"backup": ["firing", "resolved"]}
    assert "Told here because ops could not be told." in shop.receivers["backup"].got[0].json["text"]
    assert (shop.states("ops"), shop.states("backup")) == (["failed", "superseded"], ["sent", "sent"])
    assert {one.in_place_of for one in shop.desk.store.notices(NoticeFilter(channel="backup"))} == {"ops"}
    ops = shop.desk.channels.named("ops")
    assert ops
    assert ops.broken


def test_a_channel_that_is_down_has_a_stand_in(shop: Shop):
    """Within five minutes, and not at the first failure; the channel is tried on, and both hear what follows."""
    shop.receivers["ops"].answer = AWAY
    shop.tell("firing", 1, "ops")
    assert shop.heard() == {}
    began_ms = shop.desk.clock.now_ms()
    while not shop.heard():
        shop.next_try()
        assert shop.desk.clock.now_ms() - began_ms < STAND_IN_MS
    assert shop.heard() == {"backup": ["firing"]}
    for _ in range(3):
        shop.next_try()
    assert (shop.heard(), shop.states("ops")) == ({"backup": ["firing"]}, ["waiting"])

    shop.receivers["ops"].answer = (200, {}, b"ok")
    shop.receivers["ops"].got.clear()
    shop.next_try()
    shop.tell("resolved", 2, "ops")
    assert shop.heard() == {"ops": ["firing", "resolved"], "backup": ["firing", "resolved"]}


def test_what_waits_behind_a_channel_that_is_down_goes_along(shop: Shop):
    """That it got worse is told by the stand-in, in its order; of the end it hears as if the rule named it."""
    shop.receivers["ops"].answer = AWAY
    shop.tell("firing", 1, "ops")
    while not shop.heard():
        shop.next_try()
    shop.tell("update", 2, "ops")
    shop.tell("reminder", 3, "ops")
    shop.next_try()
    shop.desk.work()
    assert shop.heard() == {"backup": ["firing", "update", "reminder"]}

    shop.tell("resolved", 4, "ops")
    assert shop.heard() == {"backup": ["firing", "update", "reminder", "resolved"]}
    assert set(shop.states("ops")) == {"superseded"}


def test_a_receiver_that_wants_to_be_left_alone_has_a_stand_in_at_once(shop: Shop):
    """By its own words it will not have heard within five minutes."""
    shop.receivers["ops"].answer = (429, {"Retry-After": "600"}, b"later")
    shop.tell("firing", 1, "ops")
    assert (shop.heard(), shop.states("ops")) == ({"backup": ["firing"]}, ["waiting"])


def test_a_channel_that_was_given_up_has_a_stand_in(shop: Shop):
    """Though it was given one only after a day of trying."""
    shop.set("ops", fallback="")
    shop.receivers["ops"].answer = AWAY
    shop.tell("firing", 1, "ops")
    shop.desk.clock.advance(GIVE_UP_MS)
    shop.set("ops", fallback="backup")
    shop.desk.work()
    shop.desk.work()
    assert (shop.heard(), shop.states("ops")) == ({"backup": ["firing"]}, ["failed"])


def test_who_is_told_anyway_is_told_once(shop: Shop):
    """The rule names the stand-in, too."""
    shop.receivers["ops"].answer = GONE
    shop.tell("firing", 1, "ops", "backup")
    shop.tell("resolved", 2, "ops", "backup")
    assert shop.heard() == {"backup": ["firing", "resolved"]}


def test_stand_ins_may_have_stand_ins_and_nobody_goes_round_in_circles(shop: Shop):
    """The third hears of both; where all are gone, each has tried once."""
    shop.set("backup", fallback="third")
    shop.set("third", fallback="ops")
    for name in ("ops", "backup"):
        shop.receivers[name].answer = GONE
    shop.tell("firing", 1, "ops")
    shop.tell("resolved", 2, "ops")
    assert shop.heard() == {"third": ["firing", "resolved"]}

    shop.receivers["third"].answer = GONE
    shop.tell("firing", 3, "ops")
    shop.desk.work()
    assert [len(one.got) for one in shop.receivers.values()] == [2, 2, 3]


def test_who_was_told_of_an_earlier_time_hears_nothing_of_this_one(shop: Shop):
    """The channel is mended, and tells the rest by itself."""
    shop.receivers["ops"].answer = GONE
    shop.tell("firing", 1, "ops")
    shop.tell("resolved", 2, "ops")
    shop.receivers["ops"].answer = (200, {}, b"ok")
    shop.tell("firing", 3, "ops")
    shop.tell("resolved", 4, "ops")
    assert shop.heard() == {"ops": ["firing", "firing", "resolved"], "backup": ["firing", "resolved"]}


def test_a_channel_that_is_mended_meanwhile_ends_for_both(shop: Shop):
    """The stand-in heard of the beginning, the channel of a reminder: both hear of the end."""
    shop.receivers["ops"].answer = GONE
    shop.tell("firing", 1, "ops")
    shop.receivers["ops"].answer = (200, {}, b"ok")
    shop.tell("reminder", 2, "ops")
    shop.tell("resolved", 3, "ops")
    assert shop.heard() == {"ops": ["firing", "reminder", "resolved"], "backup": ["firing", "resolved"]}


def test_what_is_over_before_the_stand_in_could_be_told_is_told_to_nobody(shop: Shop):
    """The channel fails while the news of the end already waits behind."""
    now_ms = shop.desk.clock.now_ms()
    over = notice("resolved", key="7.resolved.2.ops", channel="ops", created_at=now_ms, due_at=now_ms)
    shop.receivers["ops"].answer = GONE
    shop.receivers["ops"].before = lambda: shop.desk.store.add([over])
    shop.tell("firing", 1, "ops")
    shop.desk.work()
    assert shop.heard() == {}
    assert (shop.states("ops"), shop.states("backup")) == (["failed", "superseded"], ["superseded", "superseded"])


def test_a_channel_need_not_hear_of_ends(shop: Shop):
    """It is not sent, and the log says why; who stands in for it has its own wish."""
    shop.set("ops", fallback="backup", sendResolved=False)
    shop.tell("firing", 1, "ops")
    shop.tell("resolved", 2, "ops")
    assert shop.heard() == {"ops": ["firing"]}
    end = shop.desk.one("ops")
    assert (end.state, end.reply) == ("superseded", "This channel does not want to hear of ends.")
    assert [tried.outcome for tried in shop.desk.store.deliveries([end.id])] == ["unwanted"]

    shop.receivers["ops"].answer = GONE
    shop.tell("firing", 3, "ops")
    shop.tell("resolved", 4, "ops")
    assert shop.heard() == {"backup": ["firing", "resolved"]}


@pytest.mark.parametrize(
    ("config", "field"),
    [({"fallback": "ops"}, "config.fallback"), ({"fallback": 3}, "config.fallback"),
     ({"sendResolved": "no"}, "config.sendResolved"), ({"sendResolved": 0}, "config.sendResolved")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_told_by_its_field(shop: Shop, config: dict[str, Any], field: str):
    """No channel stands in for itself."""
    with pytest.raises(InvalidInput) as refused:
        shop.set("ops", **config)
    assert refused.value.field == field


def test_channels_say_for_whom_an_end_is_written(shop: Shop):
    """For the engine, which writes none by itself where the rule does not want it; a circle of stand-ins has an end."""
    assert shop.desk.channels.insisting() == set()
    shop.set("third", sendResolved=True, fallback="ops")
    assert shop.desk.channels.insisting() == {"third"}
    shop.set("backup", fallback="third")
    assert shop.desk.channels.insisting() == {"ops", "backup", "third"}
    shop.set("third")
    shop.set("backup", sendResolved=True, fallback="gone")
    assert shop.desk.channels.insisting() == {"ops", "backup"}


@pytest.mark.parametrize(
    ("ops", "backup", "is_down", "heard"),
    [
        (None, True, True, {"backup": ["firing", "resolved"]}),
        (None, True, False, {"ops": ["firing"]}),
        (False, True, True, {"backup": ["firing", "resolved"]}),
        (True, None, True, {"backup": ["firing"]}),
        (True, None, False, {"ops": ["firing", "resolved"]}),
    ],
    ids=["the stand-in wants it", "it did not stand in", "the other never", "only the other", "the other was there"],
)
def test_of_an_end_that_the_rule_does_not_tell_hears_who_wants_every_end(
    shop: Shop, ops: bool | None, backup: bool | None, is_down: bool, heard: dict[str, list[str]]
):
    """Of the channel and its stand-in each by its own wish."""
    shop.set("ops", fallback="backup", sendResolved=ops)
    shop.set("backup", sendResolved=backup)
    shop.receivers["ops"].answer = GONE if is_down else shop.receivers["ops"].answer
    shop.tell("firing", 1, "ops")
    assert "ops" in shop.desk.channels.insisting()
    shop.tell("resolved", 2, "ops", sendResolved=False)
    assert shop.heard() == heard
    assert {one.state for one in shop.desk.store.notices(NoticeFilter())} <= {"sent", "failed", "superseded"}
