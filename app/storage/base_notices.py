"""What the house asks of the store of notices, which is always the one at DATABASE_URL.

A notice is one message to one channel. It is written in the transaction of the change that it tells, so neither is
there without the other, and sent afterwards::

    waiting ── claimed ──▶ sending ──▶ sent
       ▲                      ├──────▶ failed: a dead letter
       └──── to be tried again┘
    waiting ──▶ superseded: it is over before anybody could be told, and then nobody is told of that either
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

PROBLEMS: Final = ("firing", "update", "reminder")
"""Kinds that say that something is wrong."""

KINDS: Final = (*PROBLEMS, "resolved", "test")
STATES: Final = ("waiting", "sending", "sent", "failed", "superseded")
MAX_REPLY: Final = 500
"""Bytes kept of a reply."""


@dataclass(slots=True, frozen=True, kw_only=True)
class NewNotice:
    """A message to be sent; times in ms since 1970 UTC.

    Attributes:
        key: unique for ever, and told to the receiver, who may know a message by it that comes twice.
        channel: the channel's name; it may not exist yet.
        kind: one of `KINDS`.
        body: what happened, in the API's words; of these fields each channel tells what it can, and all may be absent
            but the first three: `rule`, `severity`, `state` (`firing` or `resolved`), `summary`, `condition` (in
            words), `metric`, `operator`, `threshold`, `value`, `peak`, `startedAt`, `endedAt`, `duration`, `reason`,
            `again` (how often it came back), `labels`, `members` [{`labels`, `value`, `state`}], `firing` and
            `resolved` (how many members are), `runbookUrl`, `ackedBy`, `note`, `shown` (`value` and `peak` as texts
            with their units), `sendResolved` (of an end: false where the rule does not tell it, so that only channels
            hear of it that want every end).
        due_at: not to be sent before.
        in_place_of: the channel of the rule that could not be told; None for most.
    """

    key: str
    channel: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    created_at: int
    due_at: int
    incident_id: int | None = None
    in_place_of: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Notice(NewNotice):
    """A notice as it is stored.

    Attributes:
        attempts: how often it was taken to be sent; also the fence: who sent by an older number writes nothing.
        leased_by: who sends it now, until `lease_until`.
        uncertain: whether a try ended without an answer after the message had gone out.
        status: what the receiver answered last: an HTTP status or an SMTP code, None without an answer.
        reply: the beginning of that answer, or what went wrong; secrets removed.
        latency_ms: how long the last try took.
    """

    id: int
    state: str
    attempts: int
    lease_until: int | None
    leased_by: str | None
    uncertain: bool
    sent_at: int | None
    status: int | None
    reply: str
    latency_ms: int | None


def for_another(notice: NewNotice, channel: str, now_ms: int) -> NewNotice:
    """The same for the channel that stands in for the one that could not be told.

    Its key is the one that it would have if the rule named that channel. So who has the message already does not get it
    twice, and no two channels hand one to each other for ever.
    """
    return NewNotice(
        key=notice.key.removesuffix(notice.channel) + channel,
        channel=channel,
        kind=notice.kind,
        body=notice.body,
        created_at=now_ms,
        due_at=now_ms,
        incident_id=notice.incident_id,
        in_place_of=notice.in_place_of or notice.channel,
    )


@dataclass(slots=True, frozen=True, kw_only=True)
class Delivery:
    """One try to send a notice; fields as of `Notice`.

    Attributes:
        outcome: `sent`, `again` (to be tried again), `failed`, or `unwanted` (the channel does not want to hear it).
    """

    notice_id: int
    at: int
    outcome: str
    status: int | None
    reply: str
    latency_ms: int


@dataclass(slots=True, frozen=True, kw_only=True)
class NoticeFilter:
    """Which notices; None and "" leave a field open."""

    incident_id: int | None = None
    states: Sequence[str] = ()
    channel: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Taken:
    """Of an incident, what channels took.

    Attributes:
        at: when one took a notice last.
        channels: those that took any, the last first.
    """

    at: int
    channels: tuple[str, ...]


class NoticeStore(Protocol):
    """Notices and the tries to send them. `app.storage.sql.notices.insert_notices` writes in another's transaction."""

    def add(self, notices: Sequence[NewNotice]) -> None:
        """Store those whose key is new."""
        ...

    def claim(self, now_ms: int, *, lease_ms: int, holder: str, limit: int) -> list[Notice]:
        """Take what is due, at most one notice a channel and `limit` in all, oldest first.

        A channel to which somebody sends now gives nothing, and a notice waits for the earlier ones of its incident
        and channel. One whose lease has run out is due again. First supersedes what need not be told any more, and
        lets who was told in place of another hear of the end, too.
        """
        ...

    def settle(
        self,
        notice: Notice,
        delivery: Delivery,
        *,
        again_at: int | None = None,
        uncertain: bool,
        instead: NewNotice | None = None,
    ) -> bool:
        """Write how a try ended.

        `again_at` is when to try again, for the outcome `again`; `instead` is what another channel is told then, and
        while it is to be tried again also of the problems of its incident that wait behind it. False, and only the
        delivery is written, when another has taken the notice meanwhile.
        """
        ...

    def notice(self, notice_id: int) -> Notice | None:
        """One notice, or None."""
        ...

    def notices(self, which: NoticeFilter, *, before: int | None = None, limit: int = 100) -> list[Notice]:
        """Newest first by id, from `before` (not included) backwards."""
        ...

    def deliveries(self, notice_ids: Sequence[int]) -> list[Delivery]:
        """Every try to send one of those, oldest first."""
        ...

    def taken(self, incident_ids: Sequence[int]) -> Mapping[int, Taken]:
        """What channels took of those incidents, without those of which none took any."""
        ...

    def retry(self, notice_id: int, now_ms: int) -> Notice | None:
        """Let a notice that failed or waits be due now, with all its time before it; None when it is neither."""
        ...

    def hasten(self, channel: str, now_ms: int) -> None:
        """Let all that waits for the channel be due now: it has been mended."""
        ...

    def record(self, notice: NewNotice, delivery: Delivery) -> None:
        """Store a notice that was sent without being claimed, and how that went."""
        ...

    def forget(self, before_ms: int) -> int:
        """Remove what ended and is older, with its deliveries; returns how many notices."""
        ...
