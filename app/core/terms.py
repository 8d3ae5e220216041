"""What people type into a search box, taken apart: ``status:failed -tag:test errors:>10 "in one piece"``.

A term is a word, or a key, a colon and a value. A value, or a word, in double quotes may hold spaces and colons (a
quote in it stands after a backslash); a minus before a term turns it round. What keys mean is said elsewhere.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.core.errors import InvalidInput
from app.core.said import said

MOST_TERMS: Final = 20
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_TERM: Final = re.compile(rf'(?P<minus>-?)(?:(?P<key>[A-Za-z]+):(?!//))?(?P<value>{_QUOTED}|[^\s"]*)(?=\s|$)')
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Term:
    """A term as it was typed.

    Attributes:
        key: "" for a word.
        value: without its quotes.
        quoted: whether it had some, and so is to be taken to the letter.
        negated: whether a minus stands before it.
        start: where it begins in the text; `end`: where it ends.
    """

    key: str
    value: str
    quoted: bool
    negated: bool
    start: int
    end: int


class Misread(InvalidInput):
    """A search that can't be read; `start` and `end` are the bounds of the term at fault."""

    def __init__(self, reason: str, text: str, start: int, end: int) -> None:
        super().__init__("%(term)s: %(reason)s", term=text[start:end], reason=reason, field="q")
        self.reason = reason
        self.start = start
        self.end = end


def terms(text: str, keys: Collection[str]) -> list[Term]:
    """The terms of a text, in their order.

    Raises:
        Misread: a quote is not closed, a key is not one of `keys` or has no value, or there are too many terms.
    """
    found: list[Term] = []
    at = _gap(text, 0)
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise Misread(said("a quote must begin a value, and be closed"), text, at, _end(text, at))
        found.append(_term(match, keys))
        if len(found) > MOST_TERMS:
            raise Misread(said("must be one of at most %(most)s words", most=MOST_TERMS), text, at, match.end())
        at = _gap(text, match.end())
    return found


def _term(match: re.Match[str], keys: Collection[str]) -> Term:
    key, value, start, end = (match["key"] or "").lower(), match["value"], match.start(), match.end()
    if key and key not in keys:
        known = ", ".join(sorted(keys))
        reason = said("there is no key %(key)s, but %(known)s; a word with a colon takes quotes", key=key, known=known)
        raise Misread(reason, match.string, start, end)
    quoted = value.startswith('"')
    plain = _ESCAPED.sub(r"\1", value[1:-1]) if quoted else value
    if not plain:
        raise Misread(said("has no value") if key else said("is no word"), match.string, start, end)
    return Term(key, plain, quoted, bool(match["minus"]), start, end)


def without(text: str, start: int, end: int) -> str:
    """The text without the term that stands there."""
    return " ".join(part for part in (text[:start].rstrip(), text[end:].lstrip()) if part)


def _gap(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _end(text: str, at: int) -> int:
    """The end of what stands there, up to the next space."""
    found = re.compile(r"\S+").match(text, at)
    return found.end() if found else at + 1
