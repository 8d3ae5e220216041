"""How the alerts stand as a whole, as every page says it: what is open, and whether anybody still looks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.clock import rfc3339_or_none
from app.storage.base_alerts import Incident

EVERY_MS: Final = 5_000
"""How often rules are evaluated while nothing happens."""
LATE_MS: Final = 3 * EVERY_MS
"""After which it is said that they are not."""
MOST_OPEN: Final = 1_000
"""How many open incidents a page lists; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many incidents each list has, and when rules were last evaluated: ms since 1970 UTC, None for never."""

    firing: int
    acknowledged: int
    silenced: int
    evaluated_at: int | None

    def json(self) -> dict[str, Any]:
        """As pages and sockets tell it."""
        evaluated = rfc3339_or_none(self.evaluated_at)
        lists = {"firing": self.firing, "acknowledged": self.acknowledged, "silenced": self.silenced}
        return {**lists, "evaluatedAt": evaluated}


def standing(open_by_state: Mapping[tuple[str, bool], int], evaluated_at: int | None) -> Standing:
    """How open incidents stand, of which there are so many by state and whether they are kept quiet."""
    counts = Counter[str]()
    for (state, is_muted), number in open_by_state.items():
        counts[_place(state, is_muted=is_muted)] += number
    return Standing(
        firing=counts["firing"],
        acknowledged=counts["acknowledged"],
        silenced=counts["silenced"],
        evaluated_at=evaluated_at,
    )


def place(incident: Incident) -> str:
    """The list that an open incident is on; what is kept quiet is on that list alone, whoever looks after it."""
    return _place(incident.state, is_muted=bool(incident.muted))


def _place(state: str, *, is_muted: bool) -> str:
    return "silenced" if is_muted else state
