"""What a client calls itself, in the two or three words by which a person knows it again: ``Firefox on Linux``."""

from typing import Final

from app.dashboard.language import gettext

_BROWSERS: Final = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("HeadlessChrome/", "Chrome"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
)  # fmt: skip
"""What stands in the name, to the browser; others carry the names of those that come after them."""
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
LONGEST: Final = 40


def browser(agent: str) -> str:
    """The browser and its system; of a program, what it calls itself first; a dash for nothing."""
    name = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if name and system:
        return gettext("%(browser)s on %(system)s", browser=name, system=system)
    return name or agent.partition(" ")[0][:LONGEST] or "–"
