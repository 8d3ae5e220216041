"""What a program sends to say who it is: the Authorization header, read strictly and without surprises."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 8_192


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """A user's name and password."""

    username: str
    password: str = field(repr=False)


def from_header(header: str) -> Bearer | Basic | None:
    """Read an Authorization header as WSGI hands it over (bytes shown as latin-1); None when it makes no sense."""
    if len(header) > LONGEST:
        return None
    scheme, _, rest = header.partition(" ")
    try:
        if scheme.lower() == "bearer":
            token = rest.strip().encode("latin-1").decode("utf-8")
            return Bearer(token) if token else None
        if scheme.lower() == "basic":
            return _basic(rest.strip())
    except (UnicodeError, binascii.Error):
        return None
    return None


def _basic(encoded: str) -> Basic | None:
    """Name and password are UTF-8 (RFC 7617, charset="UTF-8"); the first colon parts them."""
    name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    return Basic(name, password) if colon else None
