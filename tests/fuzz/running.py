"""How long something is tried at random: a hundred examples that are the same each time, or for minutes by others.

`make fuzz MINUTES=30` is the long form. What it finds stays in ``.hypothesis``, which git passes over, and is tried
first the next time; what is mended becomes an `@example`, or a row of the corpus.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SHORT: Final = 60
AT_ONCE: Final = 500
_ALWAYS: Final[dict[str, Any]] = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
_FOUND: Final = (Phase.reuse, Phase.generate, Phase.shrink)


def tried(
    name: str, examples: st.SearchStrategy[Any], check: Callable[[Any], object], seconds: float, short: int = SHORT
) -> None:
    """Hand examples to `check`, which raises where something is wrong: for so many seconds, or `short` ones if 0.

    What is found is kept under the `name`.
    """

    def run(example: Any) -> None:
        check(example)

    run.__name__ = run.__qualname__ = name
    if not seconds:
        settings(max_examples=short, derandomize=True, database=None, **_ALWAYS)(given(examples)(run))()
        return
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        settings(max_examples=AT_ONCE, phases=_FOUND, **_ALWAYS)(given(examples)(run))()
