"""Who acts, and from where: what is handed to everything that leaves a line in the audit log."""

import os
import pwd
from dataclasses import dataclass
from typing import Final

from app.accounts.principals import Principal

KINDS: Final = ("user", "token", "link", "cli", "server", "nobody")
"""What somebody may be who acts."""
LONGEST_AGENT: Final = 300
LONGEST_ADDRESS: Final = 100
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its address, by TRUSTED_PROXIES, and what the client says that it is."""

    address: str = ""
    agent: str = ""


NOWHERE: Final = Origin()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody by the name that they have now.

    Attributes:
        kind: `user`, `token`, `link` (whoever had a link that a notice brought), `cli`, `server` or `nobody`.
        id: of the user or token; None for others.
    """

    kind: str
    name: str
    id: int | None = None
    origin: Origin = NOWHERE


SERVER: Final = Actor("server", "(server)")


def of(principal: Principal, origin: Origin) -> Actor:
    """Whoever asks."""
    if principal.user_id is not None:
        return Actor("user", principal.name, principal.user_id, origin)
    if principal.token_id is not None:
        return Actor("token", principal.name, principal.token_id, origin)
    return nobody(origin)


def nobody(origin: Origin) -> Actor:
    """Whoever is not known."""
    return Actor("nobody", "", None, origin)


def of_terminal() -> Actor:
    """Whoever runs this command, by the system's own word: ``cli:anna``."""
    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container's user may have no name
        name = str(number)
    return Actor("cli", f"cli:{name}")
