"""What users and senders may be called, and when two names are taken for the same."""

import unicodedata
from typing import Final

from app.core.errors import InvalidInput

LONGEST: Final = 100
SERVER: Final = "(server)"
"""The sender of the events that the server makes itself; nobody else can be called so."""


def checked(name: str, field: str) -> str:
    """`name` in composed form (NFC), fit to be stored.

    Raises:
        InvalidInput: it is empty, too long, begins or ends with a space, or holds a character that can't be seen, or
            a colon, which HTTP Basic needs to part it from the password; or it is the server's own.
    """
    composed = unicodedata.normalize("NFC", name)
    if not is_possible(composed) or composed != composed.strip() or ":" in composed:
        raise InvalidInput("A name has 1 to %(most)s visible characters and no colon.", most=LONGEST, field=field)
    if key(composed) == SERVER:
        raise InvalidInput("%(server)s is the server itself; choose another name.", server=SERVER, field=field)
    return composed


def is_possible(name: str) -> bool:
    """Whether anyone could be called so at all."""
    return 0 < len(name) <= LONGEST and name.isprintable()


def key(name: str) -> str:
    """The name without case and look-alikes, which two users can't share; empty when nobody can be called so."""
    if not is_possible(name):
        return ""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
