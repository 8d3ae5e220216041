"""What many errors have in common, for people: what differs each time is a mark that says what stood there.

What is stored keeps its own places, see `app.jobs.fingerprint`.
"""

import re
from typing import Any, Final

from flask_babel import lazy_gettext
from markupsafe import Markup

_PLACES: Final[dict[str, tuple[str, Any]]] = {
    "n": ("#", lazy_gettext("a number")),
    "id": ("…", lazy_gettext("an id")),
    "url": ("…", lazy_gettext("an address")),
    "slug": ("…", lazy_gettext("a name")),
}
"""Each place with its mark and what stood there."""
_PLACE: Final = re.compile(r"\{(" + "|".join(_PLACES) + r")\}")


def pattern(text: str) -> Markup:
    """For a page: each mark tells under the mouse what it stands for."""
    parts = _PLACE.split(text)
    marks = [Markup('<abbr title="{1}">{0}</abbr>').format(*_PLACES[name]) for name in parts[1::2]]
    texts = [Markup.escape(part) for part in parts[::2]]
    return Markup("").join(one for pair in zip(texts, [*marks, ""], strict=True) for one in pair)


def plain_pattern(text: str) -> str:
    """For a title: the marks alone."""
    return _PLACE.sub(lambda found: _PLACES[found[1]][0], text)
