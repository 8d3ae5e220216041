r"""Which series are meant: ``performance.itemsPerSecond{source="ebay.com", worker="a1"}``.

A selector is a metric's name and, in braces, labels that its series must carry. A name or label that holds blanks,
braces, quotes, commas or bars stands in double quotes, as every value does; within quotes ``\"`` and ``\\`` are a
quote and a backslash.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from app.core.errors import InvalidInput
from app.core.said import said

MAX_TEXT: Final = 1_000
_PLAIN = re.compile(r'[^\s{}"|,=]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_BLANK = re.compile(r"\s*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric's name, and the labels that its series must carry."""

    name: str
    where: Mapping[str, str]


def parse(text: str, field: str = "query") -> Selector:
    """The selector that `text` is.

    Raises:
        InvalidInput: it is none; the message names the word at fault and its place, the first character being 1.
    """
    if len(text) > MAX_TEXT or "\x00" in text:
        raise InvalidInput("must be a text of at most %(most)s characters", most=MAX_TEXT, field=field)
    reading = _Reading(text, field)
    name = reading.word(said("the name of a metric"))
    where = reading.labels() if reading.takes("{") else {}
    reading.end()
    return Selector(name, where)


def write(selector: Selector) -> str:
    """The text that `parse` reads as this selector."""
    labels = ", ".join(f"{_word(name)}={_quoted(value)}" for name, value in selector.where.items())
    return f"{_word(selector.name)}{{{labels}}}" if labels else _word(selector.name)


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Reading:
    """Goes through a text from its beginning, word by word."""

    def __init__(self, text: str, field: str) -> None:
        self._text = text
        self._field = field
        self._at = 0
        self._skip()

    def takes(self, sign: str) -> bool:
        """Go past `sign` if it comes next."""
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        self._skip()
        return True

    def word(self, what: str) -> str:
        """A plain or quoted word, which is not empty."""
        found = self._match(_PLAIN)
        if found is None and (not self._text.startswith('"', self._at) or self._text.startswith('""', self._at)):
            self._fail(what)
        return found if found is not None else self.value()

    def value(self) -> str:
        """A quoted text."""
        quoted = self._match(_QUOTED)
        if quoted is None:
            self._fail(said('a text in "quotes"'))
        return _ESCAPE.sub(r"\1", quoted[1:-1])

    def labels(self) -> dict[str, str]:
        """Labels and their values, up to the closing brace."""
        found: dict[str, str] = {}
        while not self.takes("}"):
            if found and not self.takes(","):
                self._fail(said(", or }"))
            began = self._at
            label = self.word(said("the name of a label"))
            if label in found:
                self._at = began
                self._fail(said("a label other than %(label)s, which is named already,", label=label))
            if not self.takes("="):
                self._fail(said("= after %(label)s", label=label))
            found[label] = self.value()
        return found

    def end(self) -> None:
        """There is nothing more."""
        if self._at < len(self._text):
            self._fail(said("nothing more"))

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        self._skip()
        return found[0]

    def _skip(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _fail(self, wanted: str) -> NoReturn:
        rest = re.match(r"\S{1,40}", self._text[self._at :])
        found = said("not %(word)s", word=rest[0]) if rest else said("but the text ends")
        raise InvalidInput(
            "must have %(wanted)s at character %(place)s, %(found)s",
            wanted=wanted,
            place=self._at + 1,
            found=found,
            field=self._field,
        )
