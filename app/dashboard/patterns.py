"""What many errors have in common, for people: what differs each time is a mark that says what stood there.

What is stored keeps its own places, see `app.jobs.fingerprint`.
"""

import re
from typing import Any, Final

from flask_babel import lazy_gettext

_PLACES: Final[dict[str, tuple[str, Any]]] = {
    "n": ("#", lazy_gettext("a number")),
    "id": ("…", lazy_gettext("an id")),
    "url": ("…", lazy_gettext("an address")),
    "slug": ("…", lazy_gettext("a name")),
}
"""Each place with its mark and what stood there."""
_PLACE: Final = re.compile(r"\{(" + "|".join(_PLACES) + r")\}")


def pattern(text: str) -> list[tuple[str, str]]:
    """Its parts in their order, each with what stood there: "" for what is the same in all."""
    parts = _PLACE.split(text)
    told = [(part, "") if at % 2 == 0 else (_PLACES[part][0], str(_PLACES[part][1])) for at, part in enumerate(parts)]
    return [one for one in told if one[0]]


def plain_pattern(text: str) -> str:
    """For a title: the marks alone."""
    return _PLACE.sub(lambda found: _PLACES[found[1]][0], text)
