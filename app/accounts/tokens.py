"""The text of tokens: how they are made, recognised and shown.

A token is random enough that a plain SHA-256 protects it at rest; a slow hash would only slow every request down.
"""

import hashlib
import secrets
from typing import Final

MARK: Final = "sw_"
RANDOM_BYTES: Final = 32
SHOWN: Final = 4


def generate() -> str:
    """A new token of 256 random bits; its mark lets leak scanners find it."""
    return MARK + secrets.token_urlsafe(RANDOM_BYTES)


def digest(token: str) -> bytes:
    """What is stored of a token, and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def matches(token: str, stored: bytes) -> bool:
    """Whether `stored` is the digest of `token`, in a time that does not depend on where they differ."""
    return secrets.compare_digest(digest(token), stored)


def prefix(token: str) -> str:
    """The few first characters, by which a person tells tokens apart."""
    return token[: len(MARK) + SHOWN] if token.startswith(MARK) else token[:SHOWN]
