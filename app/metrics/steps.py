"""Reads a pipe of steps, ``rate | top(3)``, word by word; what the steps are is the caller's table."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

from app.core.errors import InvalidInput
from app.core.said import said

T = TypeVar("T")

MAX_TEXT: Final = 1_000
MAX_STEPS: Final = 20
MAX_NAMES: Final = 5
_WORD = re.compile(r'\s*(?:([|(),])|"([^"]+)"|([^\s|(),"]+)|(\S))')


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pipe: its name and its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()


def read_steps(
    text: str, field: str, table: Mapping[str, "Callable[[Words], tuple[Any, ...]] | None"]
) -> tuple[Step, ...]:
    """The steps of a pipe.

    Args:
        text: the pipe; an empty one has none.
        field: what an error is about.
        table: how each step's arguments are read, None where it has none.

    Raises:
        InvalidInput: naming the word at fault and its place.
    """
    if len(text) > MAX_TEXT or "\x00" in text:
        raise InvalidInput("must be a text of at most %(most)s characters", most=MAX_TEXT, field=field)
    if not text.strip():
        return ()
    words = Words(text, field)
    steps = [_step(words, table)]
    while words.takes("|"):
        if len(steps) == MAX_STEPS:
            words.fail(said("at most %(most)s transforms", most=MAX_STEPS))
        steps.append(_step(words, table))
    words.end()
    return tuple(steps)


def _step(words: "Words", table: Mapping[str, "Callable[[Words], tuple[Any, ...]] | None"]) -> Step:
    name = words.one_of(*table)
    read = table[name]
    if read is None:
        return Step(name)
    words.needs("(")
    arguments = read(words)
    words.needs(")")
    return Step(name, arguments)


class Words:
    """Goes through a text from its beginning."""

    def __init__(self, text: str, field: str) -> None:
        self._field = field
        self._words = [
            (found.start() + len(found[0]) - len(found[0].lstrip()), found[1], found[2] or found[3], found[0].strip())
            for found in _WORD.finditer(text)
        ]
        self._end = len(text.rstrip())

    def takes(self, sign: str) -> bool:
        """Go past `sign` if it comes next."""
        if not self._words or self._words[0][1] != sign:
            return False
        del self._words[0]
        return True

    def needs(self, sign: str) -> None:
        """Go past `sign`, which must come next."""
        if not self.takes(sign):
            self.fail(sign)

    def one_of(self, *known: str) -> str:
        """A word, one of these."""
        wanted = said("one of %(known)s", known=", ".join(known))
        return self._take(wanted, lambda word: word if word in known else None)

    def whole(self, least: int, most: int) -> int:
        """A whole number."""

        def read(word: str) -> int | None:
            number = int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else None
            return number if number is not None and least <= number <= most else None

        return self._take(said("a whole number from %(least)s to %(most)s", least=least, most=most), read)

    def number(self) -> float:
        """A finite number."""

        def read(word: str) -> float | None:
            try:
                number = float(word)
            except ValueError:
                return None
            return number if math.isfinite(number) and abs(number) <= 1e15 else None

        return self._take(said("a number"), read)

    def names(self) -> tuple[str, ...]:
        """Names by comma, each once; one that holds blanks or signs stands in "quotes"."""
        found = [self._name()]
        while self.takes(","):
            if len(found) == MAX_NAMES:
                self.fail(said("at most %(most)s labels", most=MAX_NAMES))
            found.append(self._name())
        return tuple(dict.fromkeys(found))

    def end(self) -> None:
        """There is nothing more."""
        if self._words:
            self.fail(said("| or nothing more"))

    def fail(self, wanted: str) -> NoReturn:
        """Refuse what comes next."""
        place, found = self._end, said("but the text ends")
        if self._words:
            place, found = self._words[0][0], said("not %(word)s", word=self._words[0][3][:40])
        raise InvalidInput(
            "must have %(wanted)s at character %(place)s, %(found)s",
            wanted=wanted,
            place=place + 1,
            found=found,
            field=self._field,
        )

    def _name(self) -> str:
        return self._take(said("the name of a label"), lambda word: word)

    def _take(self, wanted: str, read: Callable[[str], T | None]) -> T:
        value = read(self._words[0][2]) if self._words and self._words[0][2] else None
        if value is None:
            self.fail(wanted)
        del self._words[0]
        return value
