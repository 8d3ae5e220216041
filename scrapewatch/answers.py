"""What the server says to a batch, read without trust: an answer that makes no sense accounts for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FINAL: Final = frozenset(
    {"invalid", "unknown_type", "too_large", "too_deep", "expired", "id_conflict", "forbidden_job", "batch_too_large"}
)
"""Codes that another try of the same message can't change."""


@dataclass(frozen=True)
class Rejection:
    """An event that the server will never take."""

    code: str
    message: str


@dataclass(frozen=True)
class Answer:
    """An acknowledgement.

    Attributes:
        accepted: events stored by this message.
        duplicates: events that an earlier one had stored.
        rejections: events refused for good.
        code: why the whole message was refused, or empty.
        retry_after_ms: how long the server wants to be left alone.
        share: of the items that the server wants whole, 0 to 1; None if it didn't say.
    """

    accepted: int = 0
    duplicates: int = 0
    rejections: tuple[Rejection, ...] = ()
    code: str = ""
    retry_after_ms: int = 0
    share: float | None = None

    @property
    def accounted(self) -> int:
        """Events that need no further try."""
        return self.accepted + self.duplicates + len(self.rejections)


def read(raw: object) -> Answer:
    """The answer in an acknowledgement's payload."""
    if not isinstance(raw, Mapping):
        return Answer(code="no answer")
    listed = raw.get("rejected")
    return Answer(
        accepted=count(raw.get("accepted")),
        duplicates=count(raw.get("duplicates")),
        rejections=tuple(map(_rejection, listed)) if isinstance(listed, list) else (),
        code=str(raw.get("code") or ""),
        retry_after_ms=max(count(raw.get("retryAfter")), asked_wait(raw.get("flow"))),
        share=asked_share(raw.get("flow")),
    )


def asked_wait(flow: object) -> int:
    """Milliseconds that a ``flow`` asks to wait."""
    return count(flow.get("retryAfter")) if isinstance(flow, Mapping) else 0


def asked_share(flow: object) -> float | None:
    """The share of items that a ``flow`` wants whole, ``{"sample": {"item_scraped": 0.1}}``; 1 where it names none."""
    if not isinstance(flow, Mapping):
        return None
    sample = flow.get("sample")
    share = sample.get("item_scraped", 1) if isinstance(sample, Mapping) else 1
    return float(share) if isinstance(share, int | float) and 0 <= share <= 1 else 1.0


def count(value: object) -> int:
    """`value` if it is a whole number that counts something, else 0."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0


def _rejection(raw: object) -> Rejection:
    if not isinstance(raw, Mapping):
        return Rejection("invalid", str(raw))
    field = f"{raw['field']}: " if raw.get("field") else ""
    return Rejection(str(raw.get("code") or "invalid"), f"{field}{raw.get('message') or ''}")
