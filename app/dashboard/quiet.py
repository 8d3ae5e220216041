"""Why something is not told, in a sentence; the alerts themselves note it in a few fixed words."""

import re
from collections.abc import Callable
from typing import Any, Final

from app.core.said import again
from app.dashboard.language import gettext, told
from app.notify.failures import FAILURES


def why(reason: str) -> str:
    """The sentence for a reason of `app.alerts`, without a full stop; one that is not known stays as it is."""
    for pattern, tell in _SENTENCES.items():
        if found := re.fullmatch(pattern, reason, re.DOTALL):
            return tell(found.groupdict())
    return reason


def reply(text: str) -> str:
    """What became of a try to tell something: a receiver's words as they are, ours in the page's language."""
    return told(again(text, FAILURES))


_SENTENCES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    r"silence (?P<number>\d+): (?P<reason>.*)": lambda it: gettext("Silence %(number)s: “%(reason)s”", **it),
    r"inhibited by (?P<name>.*)": lambda it: gettext("The rule “%(name)s” fires", **it),
    r"acknowledged by (?P<name>.*)": lambda it: gettext("%(name)s looks after it", **it),
    r"cooldown": lambda _: gettext("The last notice of it is more recent than the rule allows"),
    r"over before it could be told": lambda _: gettext("It was over before it could be told"),
    r"sendResolved is false": lambda _: gettext("The rule does not tell ends"),
}
"""What is noted, to what a page says."""
