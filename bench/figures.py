"""The table that a run ends with."""

import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_TESTS: Final = {"≤": operator.le, "≥": operator.ge, "<": operator.lt}
HEAD: Final = ("figure", "median", "range", "budget", "met")


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table.

    Attributes:
        name: what was measured.
        unit: of the values.
        values: one of each round.
        budget: what is wanted of the median, a sign and a number: ``≥ 2``; empty: it is for comparison only.
    """

    name: str
    unit: str
    values: Sequence[float]
    budget: str = ""

    @property
    def median(self) -> float:
        """That of the rounds."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the budget is; None without one."""
        if not self.budget:
            return None
        sign, limit = self.budget.split()
        return bool(_TESTS[sign](self.median, float(limit)))

    def row(self) -> tuple[str, ...]:
        """Its cells, in the order of `HEAD`."""
        span = f"{_short(min(self.values))} to {_short(max(self.values))}"
        return self.name, f"{_short(self.median)} {self.unit}", span, self.budget, _MET[self.met]


_MET: Final = {None: "", True: "yes", False: "NO"}


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round: what stood side by side had the same machine to itself."""
    return [one / other for one, other in zip(ours, others, strict=True)]


def table(figures: Sequence[Figure]) -> str:
    """All of them, aligned."""
    rows = [HEAD, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _short(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
