"""Marks what a search has found in a text, so that it is seen at once; everything else of the text is escaped."""

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

from app.storage.words import Search, Term, words_of

AROUND: Final = 60
"""Letters shown on either side of what was found in the midst of a text."""


def pattern(search: Search | None) -> re.Pattern[str] | None:
    """What is to be marked; None for nothing."""
    sought = [_of(term) for term in search.terms if not term.negated] if search else []
    return re.compile("|".join(sought), re.IGNORECASE) if sought else None


def marked(text: str, found: re.Pattern[str] | None) -> Markup:
    """The text as HTML, with a ``<mark>`` around each place."""
    return Markup("").join(_pieces(text, found)) if found else escape(text)


def excerpt(text: str, found: re.Pattern[str] | None) -> Markup | None:
    """The place and what stands around it, in one line; None if there is none."""
    place = found.search(text) if found else None
    if place is None:
        return None
    begin, end = max(0, place.start() - AROUND), min(len(text), place.end() + AROUND)
    said = " ".join(text[begin:end].split())
    return Markup("{}{}{}").format("…" if begin else "", marked(said, found), "…" if end < len(text) else "")


def _pieces(text: str, found: re.Pattern[str]) -> Iterable[Markup]:
    at = 0
    for place in found.finditer(text):
        if place.end() > place.start():
            yield escape(text[at : place.start()])
            yield Markup("<mark>{}</mark>").format(place[0])
            at = place.end()
    yield escape(text[at:])


def _of(term: Term) -> str:
    """Its words with whatever stands between them; the whole of a word that may go on."""
    words = words_of(term.text.casefold())
    if not words:
        return re.escape(term.text)
    return r"[\W_]*".join(map(re.escape, words)) + (r"[^\W_]*" if term.prefix else "")
