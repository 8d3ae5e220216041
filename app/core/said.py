"""Sentences that the server makes: English as they stand, for programs, and yet to be said in another language.

A `Said` is text that remembers what it was made of: the form, with ``%(name)s`` where it differs each time, and the
parts. Whoever stores or sends it has the English; a page puts the same parts into the form that its language has
(`app.dashboard.language.told`). Forms are collected for the translations where they stand, so each is written out in
the call of `said`, of an error, or of `phrase`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, Self

_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")
"""``%(name)s`` where brackets stand after a backslash."""


class Said(str):
    """See the module.

    Attributes:
        form: what stands in the catalogue of translations.
        parts: what differs; each a text as it is, another `Said`, or a number, which every language writes its own way.
        is_begun: whether it begins with a capital letter whatever the form begins with.
    """

    __slots__ = ("form", "is_begun", "parts")

    form: str
    parts: Mapping[str, object]
    is_begun: bool

    def __new__(cls, text: str, form: str, parts: Mapping[str, object], *, is_begun: bool = False) -> Self:
        """The text, made of the parts by the form."""
        made = super().__new__(cls, begun(text) if is_begun else text)
        made.form, made.parts, made.is_begun = form, parts, is_begun
        return made


def phrase(text: str) -> str:
    """The form itself; marks one that stands in a table, to be filled elsewhere."""
    return text


def said(form: str, /, **parts: object) -> Said:
    """The form with its parts filled in."""
    texts = {name: figure(part) if isinstance(part, float) else part for name, part in parts.items()}
    return Said(form % texts if texts else form, form, parts)


def joined(parts: Iterable[str]) -> Said:
    """One after the other, with nothing between."""
    named = {f"part{place}": part for place, part in enumerate(parts)}
    places = "".join(f"%({name})s" for name in named)
    return said(places, **named)


def capital(sentence: Said) -> Said:
    """The same with a capital letter."""
    return Said(sentence, sentence.form, sentence.parts, is_begun=True)


def again(text: str, forms: Iterable[str]) -> str:
    """A sentence that was stored, taken apart by the first of the forms that it may have been made by.

    Returns:
        a `Said`; the text as it is where no form fits, as it is somebody else's.
    """
    for one in forms:
        if found := _pattern(one).fullmatch(text):
            return Said(text, one, found.groupdict())
    return text


def figure(value: float) -> str:
    """A number in English, to three decimals, or as many as a small one needs to be seen."""
    return f"{value:,.3f}".rstrip("0").rstrip(".") if value == 0 or abs(value) >= 0.001 else f"{value:.3g}"


def begun(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


@cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(form)), re.DOTALL)
