"""Checks of JSON from outside: each returns the value as the kind it must be, or names the field that is not.

A field is written as its path, ``layout.panels[3].options.chart.type``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from app.core.errors import InvalidInput

MOST_BYTES: Final = 1024 * 1024
"""Of a body."""

_BAD_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


def decoded(body: bytes) -> Any:
    """The JSON in a body.

    Raises:
        InvalidInput: it is none, or too large.
    """
    if len(body) > MOST_BYTES:
        raise InvalidInput("must be at most %(most)s bytes", most=MOST_BYTES)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidInput("must be JSON: %(error)s", error=error) from None


def decode(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body.

    Raises:
        InvalidInput: it is none, or too large.
    """
    return an_object(decoded(body), "")


def below(path: str, name: str) -> str:
    """The path of a field of what stands at `path`."""
    return f"{path}.{name}" if path else name


def an_object(value: object, path: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise InvalidInput("must be an object", field=path)
    return value


def known_fields(value: Mapping[str, Any], known: Sequence[str]) -> None:
    """See that an object has these fields and no others."""
    unknown = next((name for name in value if name not in known), None)
    if unknown is not None:
        raise InvalidInput("must be one of %(known)s", known=", ".join(known), field=unknown)


def a_list(value: object, path: str, most: int) -> Sequence[Any]:
    """A list of at most so many."""
    if not isinstance(value, list):
        raise InvalidInput("must be a list", field=path)
    if len(value) > most:
        raise InvalidInput("must hold at most %(most)s", most=most, field=path)
    return value


def a_text(value: object, path: str, most: int, least: int = 0) -> str:
    """Text of so many characters, of any script, without NUL and half surrogates."""
    if not isinstance(value, str) or not least <= len(value) <= most or _BAD_TEXT.search(value):
        raise InvalidInput("must be text of %(least)s to %(most)s characters", least=least, most=most, field=path)
    return value


def a_name(value: object, path: str, most: int) -> str:
    """Printable text that is not empty."""
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise InvalidInput("must be printable text of 1 to %(most)s characters", most=most, field=path)
    return value


def a_choice(value: object, path: str, allowed: Sequence[str]) -> str:
    """One of the words."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInput("must be one of %(known)s", known=", ".join(allowed), field=path)
    return value


def a_number(value: object, path: str, low: float, high: float) -> float:
    """A number within both ends."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput("must be a number from %(low)s to %(high)s", low=f"{low:,}", high=f"{high:,}", field=path)
    return value


def a_whole(value: object, path: str, low: int, high: int) -> int:
    """A whole number within both ends."""
    found = a_number(value, path, low, high)
    if found != int(found):
        raise InvalidInput("must be a whole number", field=path)
    return int(found)


def a_truth(value: object, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidInput("must be true or false", field=path)
    return value


def a_colour(value: object, path: str) -> str:
    """``#rrggbb``."""
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise InvalidInput("must be a colour like #0d8c94", field=path)
    return value
