"""Marks what a search has found in a text, so that it is seen at once; everything else of the text is escaped."""

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

from app.storage.words import SPACELESS, Search, Term, runs_of

AROUND: Final = 60
"""Letters shown on either side of what was found in the midst of a text."""

_ANY_CASE: Final = "(?i:{})"
_BREAK: Final = r"\\[nrt]"
"""A line end as JSON writes it, whose letter is none of a word."""
_WITHIN: Final = rf"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[{SPACELESS}])|(?=[{SPACELESS}])"
"""Where words meet without anything between them."""
_BEGIN: Final = rf"(?:(?<![^\W_])|(?<={_BREAK})|{_WITHIN})"
_END: Final = rf"(?:(?![^\W_])|{_WITHIN})"
_BETWEEN: Final = rf"{_END}(?:{_BREAK}|[\W_])*{_BEGIN}"


def pattern(search: Search | None, *, by_words: bool) -> re.Pattern[str] | None:
    """What is to be marked; None for nothing.

    Args:
        search: what was asked for.
        by_words: whether it was found as words, else letter by letter.
    """
    sought = [_of(term, by_words=by_words) for term in search.terms if not term.negated] if search else []
    return re.compile("|".join(sought)) if sought else None


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


def _of(term: Term, *, by_words: bool) -> str:
    """Its words with whatever stands between them; the whole of a word that may go on."""
    words = runs_of(term.text) if by_words else []
    if not words:
        return _ANY_CASE.format(re.escape(term.text))
    said = _BETWEEN.join(_ANY_CASE.format(re.escape(word)) for word in words)
    return _BEGIN + said + (r"[^\W_]*" if term.prefix else _END)
