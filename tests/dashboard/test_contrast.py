"""Colours are told apart: the ratios of WCAG 2 between what stands on what, computed from the tokens."""

import re

import pytest

from tests.house import tree

THEMES = ("light", "dark")
GROUNDS = ("bg", "surface", "sunken", "raised", "hover")
STATES = ("running", "completed", "failed", "cancelled", "queued", "lost", "stalled")
TEXTS = ("text", "text-muted", "text-faint", "accent", "accent-hover", *STATES, "info")
ON_OWN = [(name, f"{name}-bg") for name in (*STATES, "info", "accent")]
SOLID = [("on-ink", "ink"), ("on-ink", "ink-hover"), ("on-critical", "critical-fill"), ("text", "mark-bg")]
BEZEL = [
    (name, ground) for name in ("bezel-text", "bezel-muted", "bezel-accent") for ground in ("bezel", "bezel-raised")
]
DECLARED = re.compile(r"--([\w-]+): (?:light-dark\()?(#[0-9a-f]{6})(?:, (#[0-9a-f]{6})\))?;")
TEXT = 4.5
GRAPHIC = 3.0
"""Edges of controls, focus, and what is drawn."""


def tokens() -> dict[str, tuple[str, ...]]:
    """The colours by their names, each by day and by night."""
    sheet = next(tree.text(name) for name in tree.with_suffix(".css") if name.name == "tokens.css")
    first = sheet[: sheet.index("@media")]
    return {name: (day, night or day) for name, day, night in DECLARED.findall(aliased(first))}


def aliased(sheet: str) -> str:
    """With the values of the tokens that others are named after."""
    for name in re.findall(r": var\(--([\w-]+)\);", sheet):
        value = re.search(rf"--{name}: ([^;]+);", sheet)
        assert value
        sheet = sheet.replace(f": var(--{name});", f": {value[1]};")
    return sheet


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def faint(pairs: list[tuple[str, str]], theme: str, need: float) -> list[str]:
    """The pairs that are too much alike."""
    held, place = tokens(), THEMES.index(theme)
    found = ((front, ground, ratio(held[front][place], held[ground][place])) for front, ground in pairs)
    return [f"{front} on {ground}: {value:.2f}" for front, ground, value in found if value < need]


def test_the_ratio_is_that_of_the_standard():
    """Black on white is 21, a colour on itself 1, and the grey that just suffices on white."""
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#123456", "#123456") == 1
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_texts_can_be_read(theme: str):
    """On every ground that they stand on: pages, sheets, badges, buttons and the bezel."""
    anywhere = [(front, ground) for front in TEXTS for ground in GROUNDS]

    assert faint([*anywhere, *ON_OWN, *SOLID, *BEZEL], theme, TEXT) == []


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_drawn_can_be_seen(theme: str):
    """Edges of controls, the focus, and the lines of charts."""
    drawn = [(front, ground) for front in ("line-control", "focus") for ground in ("bg", "surface", "raised")]
    lines = [(f"c{number}", "surface") for number in range(1, 9)]

    assert faint(drawn + lines, theme, GRAPHIC) == []
