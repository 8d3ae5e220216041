"""What a panel's query says over jobs, events and alerts: ``status:failed source:ebay.com "vintage cards"``.

Words of the form ``key:value`` filter by that key, several values by comma; whatever else stands there is looked for as
text. A value with spaces stands in double quotes. The keys are those of the lists in the API, so a panel finds what
the page of the same filter shows. (Over metrics the query is a selector: see `app.metrics.selector`.)
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from app import queries
from app.alerts.rules import SEVERITIES
from app.alerts.service import STATES
from app.core.errors import InvalidInput

_WORD: Final = re.compile(r'\s*(?:(\w+):)?("[^"]*"|[^\s"]+)(?=\s|$)')

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "jobs": ("status", "source", "tag", "q"),
    "events": ("job", "type", "level", "q"),
    "alerts": ("state", "severity", "rule"),
}
"""What a panel may filter by, for each source but metrics."""


def parse(text: str, source: str, field: str) -> dict[str, str]:
    """Key to value, as in the query string of the lists.

    Raises:
        InvalidInput: for `field`, naming the word that can't be used and where it stands.
    """
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        word = _WORD.match(text, at)
        if word is None:
            raise InvalidInput("can't be read from character %(place)s: a quote is open", place=at + 1, field=field)
        _take(found, word, source, field)
        at = word.end()
    _check(found, source, field)
    return found


def _take(found: dict[str, str], word: "re.Match[str]", source: str, field: str) -> None:
    key, value = word[1] or KEYS[source][-1], word[2].strip('"')
    if key not in KEYS[source]:
        keys = ", ".join(KEYS[source])
        raise InvalidInput(
            "has %(key)s: at character %(place)s; known are %(keys)s",
            key=key,
            place=word.start(1) + 1,
            keys=keys,
            field=field,
        )
    if source == "jobs" and key == "q" and ":" in value:
        value = f'"{value}"'  # in the search of jobs it would else be a key
    joint = " " if word[1] is None else ","
    found[key] = f"{found[key]}{joint}{value}" if key in found else value


def _check(found: Mapping[str, str], source: str, field: str) -> None:
    try:
        _CHECKS[source](found)
    except InvalidInput as error:
        raise InvalidInput("has %(name)s: which %(detail)s", name=error.field, detail=error.said, field=field) from None


def _check_alerts(found: Mapping[str, str]) -> None:
    for key, known in (("state", STATES), ("severity", SEVERITIES)):
        for word in filter(None, found.get(key, "").split(",")):
            if word not in known:
                raise InvalidInput("must be one of %(known)s", known=", ".join(known), field=key)


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, str]], object]]] = {
    "jobs": lambda found: queries.job_filter(found, 0),
    "events": lambda found: queries.event_filter(found, 0),
    "alerts": _check_alerts,
}
