"""The oracle: compares what scrapers say they did with all that the server keeps of it (see `kept`)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults.kept import MINUTE_MS, Kept, Minute, Row, kept_at

ENDS: Final = ("job_started", "job_completed")

Mark = tuple[str, str]
"""Which event of a scraper's: its job, and its number there; of a run's start and end the type and its first number."""


@dataclass
class Told:
    """What ledgers say.

    Attributes:
        produced: events whose emit was begun.
        returned: those whose emit returned.
        dropped: events that clients counted as refused or dropped, by their reasons.
        figures: of each run that ended by itself, the client's own.
    """

    produced: set[Mark] = field(default_factory=set)
    returned: set[Mark] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)
    figures: list[Mapping[str, Any]] = field(default_factory=list)

    def read(self, ledger: Path) -> None:
        """Add a ledger; a last line that a killed process did not finish is left out."""
        for line in ledger.read_text().rpartition("\n")[0].splitlines():
            if line[0] == "#":
                self._close(json.loads(line[1:]))
                continue
            job_id, _, what = line[1:].partition(" ")
            (self.produced if line[0] == "+" else self.returned).add((job_id, what))

    def _close(self, figures: Mapping[str, Any]) -> None:
        self.figures.append(figures)
        self.dropped += Counter(figures["rejected"]) + Counter(figures["dropped"])


@dataclass(frozen=True)
class Verdict:
    """What is wrong, in numbers of events; all 0 is right.

    Attributes:
        stored: how many were stored, for scale.
        lost: emitted, not stored and not counted as dropped.
        doubled: stored more than once.
        disordered: stored after one of their job that was emitted later.
        phantom: stored, never emitted.
        miscounted: job counters and minutes of the roll-ups that differ from a recount.
    """

    stored: int
    lost: int
    doubled: int
    disordered: int
    phantom: int
    miscounted: int

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.disordered or self.phantom or self.miscounted)

    def __str__(self) -> str:
        return (
            f"{self.stored:,} stored, lost {self.lost}, duplicates {self.doubled}, out of order {self.disordered},"
            f" phantom {self.phantom}, miscounted {self.miscounted}"
        )


def judge(url: str, ledgers: Iterable[Path]) -> Verdict:
    """Compare the ledgers with the database at `url`."""
    told = tell(ledgers)
    kept = kept_at(url)
    rows = kept.rows
    marks = [mark for row in rows if (mark := _mark(row))]
    there = set(marks)
    return Verdict(
        stored=len(rows),
        lost=len(told.returned - there) - told.dropped.total(),
        doubled=len(marks) - len(there) + _same(rows),
        disordered=_inversions(rows),
        phantom=len(there - told.produced),
        miscounted=_wrong_jobs(kept) + _wrong_minutes(kept),
    )


def tell(ledgers: Iterable[Path]) -> Told:
    """All that the ledgers say."""
    told = Told()
    for ledger in ledgers:
        told.read(ledger)
    return told


def marks_of(url: str) -> set[Mark]:
    """The scrapers' events that the database at `url` holds."""
    return {mark for row in kept_at(url).rows if (mark := _mark(row))}


def _mark(row: Row) -> Mark | None:
    """Which event of a scraper's it is; None for those that the client or the server make by themselves."""
    n = row.data.get("n", row.data.get("config", {}).get("n"))
    if n is None:
        return None
    return row.job_id, f"{row.type} {n}" if row.type in ENDS else str(n)


def _same(rows: list[Row]) -> int:
    """Events with the id of another, or with its number in the same job and epoch."""
    ids = [(row.job_id, row.id) for row in rows if row.id]
    numbers = [(row.job_id, row.epoch, row.seq) for row in rows if row.seq]
    return len(ids) - len(set(ids)) + len(numbers) - len(set(numbers))


def _inversions(rows: list[Row]) -> int:
    """Events with a smaller number than one of their job and epoch before: by `seq` and by the scraper's own count."""
    last: dict[object, int] = defaultdict(int)
    found = 0
    for row in rows:
        for name, number in (("seq", row.seq), ("n", None if row.type in ENDS else row.data.get("n"))):
            key = (name, row.job_id, row.epoch)
            if number is not None:
                found += number < last[key]
                last[key] = max(last[key], number)
    return found


def _wrong_jobs(kept: Kept) -> int:
    """Jobs whose counters of items and errors are not those of their present attempt's events."""
    items, errors = Counter[str](), Counter[str]()
    first = {job.id: job.first_cursor for job in kept.jobs}
    for row in kept.rows:
        if row.job_id and row.cursor >= first[row.job_id]:
            items[row.job_id] += _items(row)
            errors[row.job_id] += row.type == "error"
    return sum((job.items, job.errors) != (items[job.id], errors[job.id]) for job in kept.jobs)


def _wrong_minutes(kept: Kept) -> int:
    """Minutes in which a job's roll-up of items or errors is not what its events add up to."""
    recount = Counter[Minute]()
    for row in kept.rows:
        minute = row.counted_ms - row.counted_ms % MINUTE_MS
        recount["items", row.job_id, minute] += _items(row)
        recount["errors", row.job_id, minute] += row.type == "error"
    return sum(recount[key] != kept.minutes[key] for key in recount.keys() | kept.minutes.keys())


def _items(row: Row) -> int:
    return int(row.data.get("count") or 0) if row.type == "item_summary" else int(row.type == "item_scraped")
