"""Why a search can't be read, in the page's language. The search itself knows none: programs read it, too.

It says so in English; that sentence is known here again by its form, and what differs in it is put into the other.
"""

import re
from typing import Final

from app.dashboard.language import gettext

_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")
"""``%(name)s`` where brackets stand after a backslash."""


def reason(text: str) -> tuple[re.Pattern[str], str]:
    """A sentence with ``%(name)s`` where it differs, and what finds it."""
    return re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(text)), re.DOTALL), text


REASONS: Final = (
    reason("a quote must begin a value, and be closed"),
    reason("must be one of at most %(most)s words"),
    reason("there is no key %(key)s, but %(known)s; a word with a colon takes quotes"),
    reason("has no value"),
    reason("is no word"),
    reason("must be of %(known)s"),
    reason("each must end in * after at least one letter, or none"),
    reason("must be like <1h or >2d, in s, m, h, d or w"),
    reason("must be a whole number, or like >0"),
    reason("must be RFC 3339, like %(example)s, or integer ms"),
    reason("must be in milliseconds"),
    reason("is not a time that exists"),
)


def told(detail: str) -> str:
    """The sentence in the page's language; as it is where nobody has said it there."""
    for pattern, text in REASONS:
        if match := pattern.fullmatch(detail):
            return gettext(text, **match.groupdict())
    return detail
