"""Passwords as argon2id hashes.

All of this takes tens of milliseconds and 19 MiB on purpose: call it from a real thread, one at a time (`turnstile`).
"""

import base64
import unicodedata
from typing import Final

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from app.core.errors import InvalidInput

LONGEST: Final = 1_024
LEAST: Final = 8
"""Characters of a password that somebody chooses in a page; the throttle does the rest."""
OWASP_MINIMUM: Final = Parameters(Type.ID, 19, 16, 32, 2, 19_456, 1)
"""Enough, and a flood of wrong logins holds neither the memory nor the processors of a small host."""


class Passwords:
    """Hashes and verifies with one set of parameters, by default `OWASP_MINIMUM`."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(OWASP_MINIMUM)
        self._nobody = _impossible(self._hasher)

    def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            InvalidInput: empty, or longer than 1,024 characters.
        """
        if not password:
            raise InvalidInput("A password can't be empty.", field="password")
        check_length(password)
        return self._hasher.hash(_octets(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of the hash `stored`.

        None stands for a user that does not exist, or has no password so far, and takes as long as any other, so that
        the time of the answer does not tell whether there is such a user.
        """
        try:
            self._hasher.verify(stored or self._nobody, _octets(password))
        except VerifyMismatchError:
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def check_chosen(password: str) -> None:
    """Refuse a password that nobody should choose.

    Raises:
        InvalidInput: shorter than 8 characters, or longer than 1,024.
    """
    if len(password) < LEAST:
        raise InvalidInput("A password has at least %(least)s characters.", least=LEAST, field="password")
    check_length(password)


def check_same(password: str, again: str) -> None:
    """Refuse a password that was not typed alike twice.

    Raises:
        InvalidInput: naming `again`.
    """
    if password != again:
        raise InvalidInput("The two are not the same.", field="again")


def check_length(password: str) -> None:
    """Refuse what would cost more than it is worth to hash.

    Raises:
        InvalidInput: longer than 1,024 characters.
    """
    if len(password) > LONGEST:
        raise InvalidInput("A password has at most %(most)s characters.", most=LONGEST, field="password")


def _octets(password: str) -> bytes:
    # Composed, so that é typed on a Mac equals é typed elsewhere; a lone surrogate is odd, but no reason to fail.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _impossible(hasher: PasswordHasher) -> str:
    """A well-formed hash with today's parameters that no password is known for."""
    salt, digest = (base64.b64encode(bytes(n)).decode().rstrip("=") for n in (hasher.salt_len, hasher.hash_len))
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${salt}${digest}"
