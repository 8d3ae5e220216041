"""How many there were over time: what the stores of events, jobs and incidents count alike."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Kind = tuple[Any, ...]
"""What is counted apart: of events type, level and severity, of jobs the status, of incidents the severity."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What there was within cells of time.

    Attributes:
        cells: how many there are, by kind and by the number of the cell.
        of: how many there are at most: more than were counted where there was more to count than was asked for.
    """

    cells: Mapping[tuple[Kind, int], int]
    of: int

    @property
    def counted(self) -> int:
        """How many were counted, the newest."""
        return sum(self.cells.values())


Excess = Counter[tuple[int, str, str]]
"""Figures that met a limit: by sender, by what became of them, by the limit. They are counted beside the tallies."""
