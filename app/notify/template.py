"""Texts with named fields, as in ``{rule} is {state}: {value}``. A doubled brace is a brace."""

from collections.abc import Collection, Mapping
from string import Formatter
from typing import Final

from app.core.errors import InvalidInput

MAX_TEMPLATE: Final = 4_000
MAX_FILLED: Final = 8_000


def check(template: str, known: Collection[str], field: str) -> str:
    """`template` if it can be filled.

    Raises:
        InvalidInput: it is too long, has a brace too many, or names something that is none of `known`.
    """
    if len(template) > MAX_TEMPLATE:
        raise InvalidInput(
            "%(name)s must be at most %(most)s characters long",
            name=field,
            most=MAX_TEMPLATE,
            field=field,
        )
    for name in _names(template, field):
        if name not in known:
            allowed = ", ".join(f"{{{one}}}" for one in known)
            raise InvalidInput(
                "%(name)s: there is no {%(name2)s}; there are %(allowed)s",
                name=field,
                name2=name,
                allowed=allowed,
                field=field,
            )
    return template


def fill(template: str, values: Mapping[str, str]) -> str:
    """The checked `template` with its fields' values; a value that is not known is empty."""
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(text)
        if name is not None:
            parts.append(values.get(name, ""))
    return "".join(parts)[:MAX_FILLED]


def _names(template: str, field: str) -> list[str]:
    """The names in braces; what else the language of formats could do is not known here."""
    names = []
    try:
        for _, name, form, conversion in Formatter().parse(template):
            if name is not None:
                names.append(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    except ValueError as error:
        raise InvalidInput(
            "%(name)s: %(error)s; a brace of its own is written twice", name=field, error=error, field=field
        ) from None
    return names
