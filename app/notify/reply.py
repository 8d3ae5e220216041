"""What a receiver answers to a message, or why it got none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.core.errors import ScrapewatchError
from app.storage.base_notices import MAX_REPLY

LEAST_SECRET: Final = 4
"""Characters of a secret worth hiding: a shorter one would black out half of what is said."""

HIDDEN: Final = "•••"
LOCKED: Final = frozenset({401, 403, 404, 410})
"""Answers that stay the same until somebody mends the channel."""

LATER: Final = frozenset({408, 409, 421, 423, 425, 429})
"""Answers of the 400s that may be others at the next try."""

_UNPRINTABLE = re.compile(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(slots=True, frozen=True)
class Reply:
    """An answer that accepts the message.

    Attributes:
        status: an HTTP status or an SMTP code; None where the channel knows none.
        text: what was said, as it came.
    """

    status: int | None
    text: str = ""


class Undelivered(ScrapewatchError):
    """The message was not accepted, or nobody knows whether it was.

    Attributes:
        detail: what was answered, or what went wrong, for a person.
        status: as of `Reply`; None without an answer.
        lasting: trying the same again can't help.
        locked: the channel itself can't be used until somebody mends it; such a failure is lasting as well.
        retry_after_ms: when the receiver wants to be asked again; 0 if it did not say.
        uncertain: the message had gone out, and no answer came.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        lasting: bool = False,
        locked: bool = False,
        retry_after_ms: int = 0,
        uncertain: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.locked = locked or status in LOCKED
        self.lasting = lasting or self.locked
        self.retry_after_ms = retry_after_ms
        self.uncertain = uncertain


def judge(reply: Reply, retry_after_ms: int = 0) -> Reply:
    """The HTTP `reply` if it accepts the message.

    Raises:
        Undelivered: it does not.
    """
    status = reply.status or 0
    if 200 <= status < 300:
        return reply
    detail = reply.text
    if 300 <= status < 400:
        detail = f"It answers with a redirect, and those are not followed. {reply.text}"
    lasting = 400 <= status < 500 and status not in LATER
    raise Undelivered(detail, status=status, lasting=lasting, retry_after_ms=retry_after_ms)


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as it is kept and shown: on one line, without `secrets`, at most `MAX_REPLY` bytes."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= LEAST_SECRET:
            text = text.replace(secret, HIDDEN)
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line.encode()[:MAX_REPLY].decode(errors="ignore")
