"""Sends what waits: one notice a channel at a time, so that no channel holds up another.

At least once: a notice is marked after it was accepted. Whoever dies in between leaves a lease that runs out, and
the notice goes out once more, under the same key.
"""

import logging
import threading
from collections.abc import Callable
from secrets import SystemRandom
from typing import Final

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.core.said import said
from app.notify.channel import Channel
from app.notify.failures import NO_END, NO_ENDS, NOWHERE
from app.notify.links import MakeLinks
from app.notify.reply import Undelivered
from app.notify.sender import Sender, Tried
from app.notify.service import Channels
from app.storage.base_notices import PROBLEMS, Delivery, NewNotice, Notice, NoticeStore, for_another

log = logging.getLogger(__name__)

AT_ONCE: Final = 32
ROUNDS: Final = 4
"""How often one look claims: the oldest notices of one channel may hide those of others."""

LEASE_MS: Final = 25_000
"""Longer than a try may take."""

FIRST_MS: Final = 5_000
LONGEST_MS: Final = 900_000
LEAST_MS: Final = 1_000
PATIENCE_MS: Final = 3_600_000
"""The longest wait that a receiver is granted."""

GIVE_UP_MS: Final = 86_400_000

STAND_IN_MS: Final = 300_000
"""What a channel will not have heard by then its stand-in is told; the channel itself is tried on all the same."""


class Postman:
    """Takes notices from the store and sends them, in threads of its own.

    Args:
        holder: this process, for its leases.
    """

    def __init__(
        self,
        store: NoticeStore,
        channels: Channels,
        sender: Sender,
        links: MakeLinks,
        clock: Clock,
        holder: str,
    ) -> None:
        self._store = store
        self._channels = channels
        self._sender = sender
        self._links = links
        self._clock = clock
        self._holder = holder
        self._draw: Callable[[], float] = SystemRandom().random
        self._done: dict[int, set[str]] = {}
        self._busy = 0
        self._stopping = False
        self._changed = threading.Condition(threading.Lock())

    def look(self) -> None:
        """Send what is due; returns at once, and what it started goes on.

        Raises:
            app.core.errors.Unavailable: the store can't be used.
        """
        for _ in range(ROUNDS):
            taken = self._claim(AT_ONCE)
            for notice in taken:
                threading.Thread(target=self._work, args=(notice,), name="postman", daemon=True).start()
            if not taken:
                return

    def stop(self, timeout_s: float) -> bool:
        """Start nothing more and wait for what is on its way; False when that took longer than `timeout_s`."""
        with self._changed:
            self._stopping = True
            return self._changed.wait_for(lambda: not self._busy, timeout_s)

    def test(self, channel: Channel) -> Tried:
        """Send a test to `channel` now, and note it in the log."""
        now_ms = self._clock.now_ms()
        notice = NewNotice(
            key=f"test.{channel.name}.{now_ms}", channel=channel.name, kind="test", created_at=now_ms, due_at=now_ms
        )
        tried = self._sender.send(channel, notice, {})
        self._store.record(notice, _delivery(0, "failed" if tried.failure else "sent", tried, self._clock.now_ms()))
        self._note(channel, tried)
        return tried

    def _claim(self, limit: int) -> list[Notice]:
        """Take up to `limit` notices, as far as there is room for them."""
        with self._changed:
            room = 0 if self._stopping else min(limit, AT_ONCE - self._busy)
            self._busy += room
        taken: list[Notice] = []
        try:
            if room:
                taken = self._store.claim(self._clock.now_ms(), lease_ms=LEASE_MS, holder=self._holder, limit=room)
        finally:
            self._leave(room - len(taken))
        return taken

    def _leave(self, number: int) -> None:
        with self._changed:
            self._busy -= number
            self._changed.notify_all()

    def _work(self, notice: Notice) -> None:
        """Send `notice`, and whatever is due then, until nothing is."""
        following: list[Notice] = [notice]
        while following:
            try:
                self._send(following[0])
            except Exception:  # its lease runs out, and somebody tries again
                log.exception("A notice to %s could not be sent or marked", following[0].channel)
            finally:
                self._leave(1)
            following = self._next()

    def _next(self) -> list[Notice]:
        try:
            return self._claim(1)
        except ScrapewatchError:
            log.exception("The notices can't be read now")
            return []

    def _send(self, notice: Notice) -> None:
        channel = self._channels.named(notice.channel)
        why_not = _unheard(channel, notice) if channel else ""
        if why_not:
            self._store.settle(notice, _unwanted(notice, why_not, self._clock.now_ms()), uncertain=False)
            return
        done = self._done.setdefault(notice.id, set())
        tried = self._sender.send(channel, notice, self._links(notice), done) if channel else _nowhere(notice)
        delivery, again_at = self._outcome(notice, tried)
        is_late = again_at is not None and again_at - notice.created_at >= STAND_IN_MS
        instead = self._instead(notice, channel) if is_late or delivery.outcome == "failed" else None
        is_uncertain = bool(tried.failure and tried.failure.uncertain)
        self._store.settle(notice, delivery, again_at=again_at, uncertain=is_uncertain, instead=instead)
        if delivery.outcome != "again" or not done:
            self._done.pop(notice.id, None)
        if channel:
            self._note(channel, tried)
        if delivery.outcome == "failed":
            log.warning("A notice to %s was given up: %s %s", notice.channel, tried.status, tried.reply)

    def _instead(self, notice: Notice, channel: Channel | None) -> NewNotice | None:
        """What the channel's stand-in is told of a problem."""
        name = channel.config.get("fallback") if channel else None
        if not name or notice.kind not in PROBLEMS:
            return None
        return for_another(notice, name, self._clock.now_ms())

    def _note(self, channel: Channel, tried: Tried) -> None:
        """What a try says about its channel."""
        if tried.failure is None:
            self._channels.mark(channel, "")
        elif tried.failure.locked:
            self._channels.mark(channel, f"{tried.status}: {tried.reply}")

    def _outcome(self, notice: Notice, tried: Tried) -> tuple[Delivery, int | None]:
        now_ms = self._clock.now_ms()
        outcome, again_at = "sent", None
        if tried.failure:
            again_at = now_ms + self._wait_ms(notice.attempts, tried.failure)
            is_lost = tried.failure.lasting or now_ms - notice.created_at >= GIVE_UP_MS
            outcome, again_at = ("failed", None) if is_lost else ("again", again_at)
        return _delivery(notice.id, outcome, tried, now_ms), again_at

    def _wait_ms(self, attempt: int, failure: Undelivered) -> int:
        """Exponential with full jitter, and not before the receiver wishes."""
        ceiling_ms = min(LONGEST_MS, FIRST_MS * 2 ** min(attempt - 1, 20))
        own_ms = max(LEAST_MS, int(self._draw() * ceiling_ms))
        return max(own_ms, min(failure.retry_after_ms, PATIENCE_MS))


def _delivery(notice_id: int, outcome: str, tried: Tried, now_ms: int) -> Delivery:
    return Delivery(
        notice_id=notice_id,
        at=now_ms,
        outcome=outcome,
        status=tried.status,
        reply=tried.reply,
        latency_ms=tried.latency_ms,
    )


def _unheard(channel: Channel, notice: Notice) -> str:
    """Why the channel is not told that it is over: by its own wish, or else by the rule's; "" when it is."""
    wish = channel.config.get("sendResolved")
    if notice.kind != "resolved" or wish:
        return ""
    if wish is False:
        return NO_ENDS
    is_told = notice.body.get("sendResolved", True)
    return "" if is_told else NO_END


def _unwanted(notice: Notice, reply: str, now_ms: int) -> Delivery:
    return Delivery(notice_id=notice.id, at=now_ms, outcome="unwanted", status=None, reply=reply, latency_ms=0)


def _nowhere(notice: Notice) -> Tried:
    failure = Undelivered(said(NOWHERE, name=notice.channel))
    return Tried(status=None, reply=failure.detail, latency_ms=0, failure=failure)
