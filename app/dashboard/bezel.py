"""What the bezel of every page shows: how alerts stand now, and which channels can't tell of them."""

from typing import NamedTuple

from flask import g

from app.alerts.standing import Standing
from app.services import Services


class Seen(NamedTuple):
    """A look at the alerts.

    Attributes:
        newest: the newest cursor before it.
        standing: how they stand.
        broken: the names of channels that can't tell of them.
    """

    newest: int
    standing: Standing
    broken: list[str]


def look(services: Services) -> Seen:
    """Look at them, in this order, so that a change in between is heard of twice, not never; waits for the stores."""
    newest, standing = services.events.reach().newest, services.alerts.standing()
    return Seen(newest, standing, services.office.channels.broken())


def hand_on(seen: Seen) -> None:
    """The page at hand has looked while it was in a thread for other things, which saves it one turn there."""
    g.bezel = seen


def seen(services: Services) -> Seen:
    """What was handed on, else a look now."""
    found: Seen = g.get("bezel") or services.runtime.call(look, services)
    return found
