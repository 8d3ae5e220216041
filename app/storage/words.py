"""Texts as the words that can be searched for, and searches as what is asked of them: the same for every store.

A word is a run of letters and digits, without regard to case; one that is written in humps (``TimeoutError``) also
counts as its parts, and each character of a script that puts no spaces is a word. In a search, words must all be there,
words in double quotes side by side; a star after a word stands for any ending, a minus before turns it round.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_WORDS: Final = 10_000
"""Words of a text that are looked at."""
MOST_TERMS: Final = 20
_LONGEST: Final = 100
"""Characters of a word that count."""

SPACELESS: Final = "぀-ヿ㐀-鿿豈-﫿가-힯"
_WORD: Final = re.compile(rf"[{SPACELESS}]|[^\W_{SPACELESS}]+")
_HUMPS: Final = re.compile(r"[a-z][A-Z]|[A-Z][A-Z][a-z]")
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+")
_TERM: Final = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<plain>[^\s"]+))')


def words_of(text: str) -> list[str]:
    """The words of a text, in their order; the parts of a word in humps follow it."""
    found: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        word = match[0]
        found.append(word.casefold()[:_LONGEST])
        if _HUMPS.search(word):
            found += [part.casefold()[:_LONGEST] for part in _PARTS.findall(word)]
        if len(found) >= MOST_WORDS:
            break
    return found[:MOST_WORDS]


def runs_of(text: str) -> list[str]:
    """The words of a text as they are written, without their parts."""
    return _WORD.findall(text)


def words_said(body: Mapping[str, Any]) -> list[str]:
    """The words of all values of an event's body, whatever they are called."""
    return words_of(text_said(body))


def text_said(body: Mapping[str, Any]) -> str:
    """All values of an event's body, a line each."""
    return "\n".join(_values(body))


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@dataclass(slots=True, frozen=True)
class Term:
    """What must be there, or must not.

    Attributes:
        text: as it was typed, without its signs.
        words: side by side; none where the text has none, like ``%``.
        prefix: whether the last word may go on.
        negated: whether it must not be there.
    """

    text: str
    words: tuple[str, ...]
    prefix: bool = False
    negated: bool = False

    def is_in(self, words: Sequence[str]) -> bool:
        """Whether these words hold it; the minus is the caller's business."""
        last, count = self.words[-1], len(self.words)
        for at in range(len(words) - count + 1):
            end = words[at + count - 1]
            if (end.startswith(last) if self.prefix else end == last) and tuple(
                words[at : at + count - 1]
            ) == self.words[:-1]:
                return True
        return False


@dataclass(slots=True, frozen=True)
class Search:
    """Terms that must all be met."""

    terms: tuple[Term, ...]

    @property
    def has_words(self) -> bool:
        """Whether each term can be looked up as words."""
        return all(term.words for term in self.terms)

    def met_by(self, body: Mapping[str, Any]) -> bool:
        """Whether an event with that body is found, judged by its words."""
        words = words_said(body)
        return all(term.is_in(words) != term.negated for term in self.terms)

    def seen_in(self, data: str) -> bool:
        """Whether it is found in a JSON text as it stands, letter by letter."""
        folded = data.casefold()
        return all((term.text.casefold() in folded) != term.negated for term in self.terms)


def read_search(text: str) -> Search:
    """What somebody has typed; nothing is an error, a quote that is not closed ends with the text.

    Signs beside words, as in ``GET /a -> 404``, are passed over.
    """
    found = list(_terms(text))
    if any(term.words and not term.negated for term in found):
        found = [term for term in found if term.words]
    return Search(tuple(found[:MOST_TERMS]) or (Term(text.strip(), tuple(words_of(text))),))


def _terms(text: str) -> Iterable[Term]:
    for match in _TERM.finditer(text):
        said = match["plain"] if match["quoted"] is None else match["quoted"]
        prefix = said.endswith("*") and len(said) > 1
        said = said.removesuffix("*") if prefix else said
        words = _together(said)
        if words or said.strip():
            yield Term(said, words, prefix, bool(match["minus"]))


def _together(text: str) -> tuple[str, ...]:
    """Words side by side; a single one without its parts, so that it is found however it is written."""
    found = words_of(text)
    is_single = len(_WORD.findall(text)) == 1
    return tuple(found[:1] if is_single else found)
