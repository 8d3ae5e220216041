"""What a type of channel is: a row of the package's table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.clock import Clock
from app.core.said import said
from app.notify.door import Door
from app.notify.failures import SLOW
from app.notify.fields import Setting
from app.notify.message import Message
from app.notify.reply import Reply, Undelivered

PATIENCE_MS: Final = 8_000
"""How long one try may go on to further recipients: the notice is ours for a while only."""


@dataclass(slots=True, frozen=True)
class Sending:
    """What a channel needs to send one message.

    Attributes:
        config: the channel's settings, checked, over those that the environment gives its type.
        door: the way out.
    """

    message: Message
    config: Mapping[str, Any]
    door: Door
    clock: Clock


def waiting(sending: Sending) -> Iterator[str]:
    """Each recipient who has not got the message yet, one after the other.

    Raises:
        Undelivered: it took so long that the rest must wait for the next try.
    """
    done, recipients = sending.message.done, sending.config["recipients"]
    until_ms = sending.clock.monotonic_ms() + PATIENCE_MS
    for recipient in recipients:
        if recipient in done:
            continue
        if sending.clock.monotonic_ms() > until_ms:
            raise Undelivered(said(SLOW, done=len(done), all=len(recipients)))
        yield recipient


@dataclass(slots=True, frozen=True, kw_only=True)
class ChannelType:
    """A row of the table.

    Attributes:
        name: what a channel's `type` says.
        label: what people call it.
        settings: what it must be told, in the order of its form.
        send: sends the message and returns the answer; raises `Undelivered`.
        check: looks once more at a config whose fields are right by themselves; raises `InvalidInput`.
        missing: why the type can't be used here; "" when it can.
    """

    name: str
    label: str
    settings: tuple[Setting, ...]
    send: Callable[[Sending], Reply]
    check: Callable[[dict[str, Any]], None] = lambda _: None
    missing: Callable[[], str] = lambda: ""
