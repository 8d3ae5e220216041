"""Where panels stand: a grid of twelve columns on which they fall upward until they meet another.

Its twin is ``static/js/grid.js``, where they are moved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

COLUMNS: Final = 12
TALLEST: Final = 20
MOST_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`w` columns from column `x`, `h` rows from row `y`, all counted from 0."""

    x: int
    y: int
    w: int
    h: int

    def meets(self, other: "Place") -> bool:
        """Whether the two overlap."""
        apart_x = self.x + self.w <= other.x or other.x + other.w <= self.x
        return not (apart_x or self.y + self.h <= other.y or other.y + other.h <= self.y)


def settle(places: Iterable[Place]) -> list[Place]:
    """The same places, each as far up as those before it leave room; in the order given."""
    settled: list[Place] = []
    for place in places:
        settled.append(_lowest(place, settled))
    return settled


def beside(size: tuple[int, int], taken: Sequence[Place]) -> Place:
    """The first place of that width and height with room, row by row from the top."""
    width, height = size
    bottom = max((place.y + place.h for place in taken), default=0)
    for y in range(bottom):
        for x in range(COLUMNS - width + 1):
            place = Place(x=x, y=y, w=width, h=height)
            if not any(place.meets(other) for other in taken):
                return place
    return Place(x=0, y=bottom, w=width, h=height)


def _lowest(place: Place, settled: Sequence[Place]) -> Place:
    fallen = replace(place, y=0)
    while met := [other for other in settled if fallen.meets(other)]:
        fallen = replace(fallen, y=min(other.y + other.h for other in met))
    return fallen
