"""Which jobs are meant where somebody has named one, its source or its spider: exactly those."""

from dataclasses import dataclass
from typing import NamedTuple

Spider = tuple[str | None, str | None]
"""Source and query, as a job has them."""


class Run(NamedTuple):
    """How a run of a spider stands."""

    status: str
    items: int


@dataclass(slots=True, frozen=True, kw_only=True)
class Runs:
    """Jobs by what they are called; None is any.

    Attributes:
        spider: source and query, as in `ebay.com: vintage cards`; of a job with one of both, that one.
    """

    id: str | None = None
    source: str | None = None
    spider: str | None = None

    def names(self) -> list[tuple[str, str]]:
        """What source and query may be of that spider, as either may hold the sign that stands between them."""
        spider = self.spider or ""
        words = spider.split(": ")
        halves = [(": ".join(words[:at]), ": ".join(words[at:])) for at in range(1, len(words))]
        return [(spider, ""), ("", spider), *(pair for pair in halves if all(pair))]

    def take(self, job_id: str, source: str | None, query: str | None) -> bool:
        """Whether a job is among them."""
        return (
            (self.id is None or self.id == job_id)
            and (self.source is None or self.source == source)
            and (self.spider is None or (source or "", query or "") in self.names())
        )
