"""One try to send one message, and what came of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.clock import Clock
from app.core.said import said
from app.notify.channel import Channel, secrets_of
from app.notify.channels import TYPES
from app.notify.channels.base import ChannelType, Sending
from app.notify.door import Door
from app.notify.failures import OURS
from app.notify.message import message
from app.notify.reply import Undelivered, shown
from app.storage.base_notices import NewNotice


@dataclass(slots=True, frozen=True, kw_only=True)
class Tried:
    """What came of a try.

    Attributes:
        status: what the receiver answered: an HTTP status or an SMTP code, None without an answer.
        reply: the beginning of the answer, or what went wrong; secrets removed.
        failure: None when the message was accepted.
    """

    status: int | None
    reply: str
    latency_ms: int
    failure: Undelivered | None = None


log = logging.getLogger(__name__)


class Sender:
    """Sends; from real threads only, for at most the door's deadline a connection."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def send(
        self, channel: Channel, notice: NewNotice, links: Mapping[str, str], done: set[str] | None = None
    ) -> Tried:
        """Try once; `done` are the recipients that have it already, and is added to."""
        since_ms = self._clock.monotonic_ms()
        secrets = secrets_of(channel)
        try:
            told = message(notice, links, channel.config.get("template", ""), done)
            reply = _type(channel).send(Sending(told, channel.effective, self._door, self._clock))
        except Undelivered as failure:
            detail = shown(failure.detail, secrets)
            return Tried(status=failure.status, reply=detail, latency_ms=self._since(since_ms), failure=failure)
        except Exception as error:  # an error of ours: the notice must not be lost with it, nor tried without a pause
            log.exception("A notice to %s could not be sent", channel.name)
            ours = Undelivered(said(OURS, kind=type(error).__name__))
            return Tried(status=None, reply=ours.detail, latency_ms=self._since(since_ms), failure=ours)
        return Tried(status=reply.status, reply=shown(reply.text, secrets), latency_ms=self._since(since_ms))

    def _since(self, since_ms: int) -> int:
        return self._clock.monotonic_ms() - since_ms


def _type(channel: Channel) -> ChannelType:
    if channel.trouble:
        raise Undelivered(channel.trouble)
    return TYPES[channel.type]
