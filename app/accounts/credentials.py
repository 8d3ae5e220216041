"""What a program sends to say who it is: the Authorization header, read strictly and without surprises."""

import base64
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from app.core.errors import Forbidden

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
    except ValueError:  # neither UTF-8 nor base64; of text beyond ASCII base64 says so in its own way
        return None
    return None


def check_way(credentials: Bearer | Basic, address: str, *, secure: bool) -> None:
    """See that a password was not said where others may listen: only over https, or on this machine ("" is one, too).

    Raises:
        Forbidden: it was; the address is the caller's, as far as TRUSTED_PROXIES tells it.
    """
    if isinstance(credentials, Basic) and not (secure or _is_here(address)):
        raise Forbidden("HTTP Basic is taken over https only; behind a proxy that speaks it, set TRUSTED_PROXIES.")


def _is_here(address: str) -> bool:
    try:
        return not address or ip_address(address).is_loopback
    except ValueError:  # whatever a proxy that is believed has told
        return False


def _basic(encoded: str) -> Basic | None:
    """Name and password are UTF-8 (RFC 7617, charset="UTF-8"); the first colon parts them."""
    name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    return Basic(name, password) if colon else None
