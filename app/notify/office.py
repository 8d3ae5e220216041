"""Everything about delivery in one record: who can be told, what is to be told, and who does it."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.clock import Clock, rfc3339, rfc3339_or_none
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.secrets import load_or_create
from app.notify import links, reach, template
from app.notify.channel import Channel
from app.notify.door import Door
from app.notify.environment import environment
from app.notify.message import FIELDS, Message, message
from app.notify.postman import Postman
from app.notify.seal import Seal
from app.notify.sender import Sender, Tried
from app.notify.service import Channels
from app.runtime.base import Net
from app.storage.base_notices import Delivery, NewNotice, Notice, NoticeFilter, NoticeStore
from app.storage.sql.channels import SqlChannelStore
from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from config import DAY_MS, Settings

Told = tuple[Notice, list[Delivery]]
"""A notice, and every try to send it, oldest first."""


SAMPLE: Final = {
    "rule": "high_failure_rate",
    "severity": "critical",
    "state": "firing",
    "condition": "jobs.failureRate is above 0.1",
    "metric": "jobs.failureRate",
    "operator": ">",
    "threshold": 0.1,
    "value": 0.42,
    "peak": 0.5,
    "labels": {"source": "ebay.com"},
}
"""What a preview is about."""


@dataclass(slots=True, frozen=True)
class Office:
    """One process's parts of delivery.

    Attributes:
        kept_ms: how long what is over stays in the log.
    """

    channels: Channels
    notices: NoticeStore
    postman: Postman
    clock: Clock
    door: Door
    kept_ms: int

    def check_reach(self, body: object) -> None:
        """To be asked before `create` and `change`, which must not wait for names; raises as `reach.check`."""
        reach.check(body, self.door)

    def create(self, body: object) -> Channel:
        """A new channel; what waits for one of its name is sent. Raises as `Channels.create`."""
        return self._ready(self.channels.create(body))

    def change(self, channel_id: str, body: object) -> Channel:
        """Replace a channel; what waits for it is tried again at once. Raises as `Channels.change`."""
        return self._ready(self.channels.change(channel_id, body))

    def test(self, channel_id: str) -> Tried:
        """Send a test now; raises `NotFound`."""
        return self.postman.test(self.channels.get(channel_id))

    def preview(self, channel: str, form: object) -> Message:
        """What a message by the template `form` looks like, "" for the usual one.

        Raises:
            InvalidInput: it names what there is not.
        """
        if not isinstance(form, str):
            raise InvalidInput("template must be a text", field="template")
        now_ms = self.clock.now_ms()
        body = {**SAMPLE, "startedAt": rfc3339(now_ms)}
        sample = NewNotice(key="preview", channel=channel, kind="firing", created_at=now_ms, due_at=now_ms, body=body)
        return message(sample, {}, template.check(form, FIELDS, "template"))

    def log(self, which: NoticeFilter, *, before: int | None = None, limit: int = 100) -> list[Told]:
        """What was to be told and how that went, newest first, from the id `before` (not included) backwards."""
        return self._with_deliveries(self.notices.notices(which, before=before, limit=limit))

    def retry(self, notice_id: int) -> Told:
        """Send a notice that failed, or waits, now.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is neither.
        """
        if self.notices.notice(notice_id) is None:
            raise NotFound("There is no notice %(notice_id)s", notice_id=notice_id)
        again = self.notices.retry(notice_id, self.clock.now_ms())
        if again is None:
            raise Conflict("Notice %(notice_id)s neither failed nor waits", notice_id=notice_id)
        return self._with_deliveries([again])[0]

    def clean_up(self) -> int:
        """Forget what has been in the log for long enough; returns how many notices."""
        return self.notices.forget(self.clock.now_ms() - self.kept_ms)

    def _ready(self, channel: Channel) -> Channel:
        self.notices.hasten(channel.name, self.clock.now_ms())
        return channel

    def _with_deliveries(self, notices: Sequence[Notice]) -> list[Told]:
        tries: dict[int, list[Delivery]] = {notice.id: [] for notice in notices}
        for delivery in self.notices.deliveries(list(tries)):
            tries[delivery.notice_id].append(delivery)
        return [(notice, tries[notice.id]) for notice in notices]


def open_office(settings: Settings, database: Database, net: Net, clock: Clock) -> Office:
    """The office of one process.

    Raises:
        ScrapewatchError: a generated secret can't be read or made.
    """
    channels = open_channels(settings, database, clock)
    notices = SqlNoticeStore(database)
    kept_ms = settings.retention_events_days * DAY_MS
    door = Door(net, clock, allow_private=settings.notify_allow_private)
    sender = Sender(door, clock)
    key = settings.secret_key or load_or_create(settings.data_dir / "secret_key")
    holder = f"{socket.gethostname()} {os.getpid()} {os.urandom(4).hex()}"
    make_links = links.maker(settings.public_url, key, clock)
    return Office(
        channels, notices, Postman(notices, channels, sender, make_links, clock, holder), clock, door, kept_ms
    )


def open_channels(settings: Settings, database: Database, clock: Clock) -> Channels:
    """The channels alone. Raises as `open_office`."""
    keys = settings.encryption_keys or (load_or_create(settings.data_dir / "encryption_key"),)
    seal = Seal(keys, settings.encryption_algorithm, enabled=settings.encryption_enabled)
    return Channels(SqlChannelStore(database), seal, environment(settings), clock)


def notice_json(told: Told) -> dict[str, Any]:
    """A notice and its tries as outsiders see them."""
    notice, deliveries = told
    return {
        "id": notice.id,
        "incident": notice.incident_id,
        "channel": notice.channel,
        "inPlaceOf": notice.in_place_of,
        "kind": notice.kind,
        "state": notice.state,
        "rule": notice.body.get("rule"),
        "createdAt": rfc3339(notice.created_at),
        "dueAt": rfc3339(notice.due_at) if notice.state == "waiting" else None,
        "sentAt": rfc3339_or_none(notice.sent_at),
        "attempts": notice.attempts,
        "status": notice.status,
        "latency": notice.latency_ms,
        "reply": notice.reply,
        "deliveries": [_delivery_json(delivery) for delivery in deliveries],
    }


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "at": rfc3339(delivery.at),
        "outcome": delivery.outcome,
        "status": delivery.status,
        "latency": delivery.latency_ms,
        "reply": delivery.reply,
    }


def tried_json(tried: Tried) -> dict[str, Any]:
    """What came of a test, as outsiders see it."""
    return {
        "ok": tried.failure is None,
        "status": tried.status,
        "latency": tried.latency_ms,
        "reply": tried.reply,
    }
