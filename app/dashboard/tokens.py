"""The design tokens as the style sheet has them, and how far its colours stand apart; the style page shows both.

A colour that is read or seen stands on others; `PROMISES` says on which, and how far it keeps from them by WCAG 2.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from app.dashboard.assets import asset

SHEET: Final = "css/tokens.css"
TEXT: Final = 4.5
GRAPHIC: Final = 3.0
"""What is drawn, edges of controls and the focus."""

_TOKEN: Final = re.compile(r"^  --([\w-]+): ([^;]+);", re.MULTILINE)
_COLOUR: Final = re.compile(r"(?:light-dark\()?(#[0-9a-f]{6})(?:, (#[0-9a-f]{6})\))?")
_ALIAS: Final = re.compile(r"var\(--([\w-]+)\)")


@dataclass(frozen=True, slots=True)
class Promise:
    """A colour, what it stands on, and the least ratio between them."""

    front: str
    grounds: tuple[str, ...]
    need: float


STATES: Final = ("running", "completed", "failed", "cancelled", "queued", "lost", "stalled", "info")
_GROUNDS: Final = ("bg", "surface", "sunken", "raised", "hover")
_BEZEL: Final = ("bezel", "bezel-raised")
_EDGES: Final = ("bg", "surface", "raised")
PROMISES: Final = (
    Promise("text", (*_GROUNDS, "mark-bg"), TEXT),
    *(Promise(name, _GROUNDS, TEXT) for name in ("text-muted", "text-faint", "accent-hover")),
    *(Promise(name, (*_GROUNDS, f"{name}-bg"), TEXT) for name in ("accent", *STATES)),
    Promise("on-ink", ("ink", "ink-hover"), TEXT),
    Promise("on-critical", ("critical-fill",), TEXT),
    *(Promise(name, _BEZEL, TEXT) for name in ("bezel-text", "bezel-muted", "bezel-accent")),
    *(Promise(name, _EDGES, GRAPHIC) for name in ("line-control", "focus")),
    *(Promise(f"c{number}", ("surface",), GRAPHIC) for number in range(1, 9)),
)


@cache
def tokens() -> dict[str, str]:
    """Each token with its value, as it is where nothing else is asked for; aliases stand for what they name."""
    sheet = asset(SHEET)
    if sheet is None:
        raise FileNotFoundError(SHEET)
    text = sheet.body.decode()
    written = dict(_TOKEN.findall(text[: text.index("@media")]))
    return {name: _resolved(value, written) for name, value in written.items()}


@cache
def colours() -> dict[str, tuple[str, str]]:
    """The colours among the tokens, each by day and by night."""
    found = {name: _COLOUR.fullmatch(value) for name, value in tokens().items()}
    return {name: (match[1], match[2] or match[1]) for name, match in found.items() if match}


def least(promise: Promise) -> tuple[float, float]:
    """The ratio to the ground that it stands out from least, by day and by night."""
    held = colours()
    by_day, by_night = (
        min(ratio(held[promise.front][theme], held[ground][theme]) for ground in promise.grounds) for theme in (0, 1)
    )
    return by_day, by_night


def ratio(one: str, other: str) -> float:
    """The contrast of two colours like ``#1b2423``: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _resolved(value: str, written: dict[str, str]) -> str:
    alias = _ALIAS.fullmatch(value)
    return _resolved(written[alias[1]], written) if alias else value
