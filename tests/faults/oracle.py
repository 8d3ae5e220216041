"""The oracle: compares what scrapers say they did with all that the server keeps of it.

It reads the tables themselves, not through the server, which is what is being judged.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, create_engine, text

MINUTE_MS: Final = 60_000
ENDS: Final = ("job_started", "job_completed")

Mark = tuple[str, str]
"""Which event of a scraper's: its job, and its number there; of a run's start and end the type and its first number."""


class Row(NamedTuple):
    """A stored event."""

    cursor: int
    job_id: str
    type: str
    counted_ms: int
    id: bytes | None
    seq: int | None
    epoch: bytes | None
    data: Mapping[str, Any]


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
    with reading(url) as connection:
        rows = list(stored(connection))
        miscounted = _wrong_jobs(connection, rows) + _wrong_minutes(connection, rows)
    marks = [mark for row in rows if (mark := _mark(row))]
    kept = set(marks)
    return Verdict(
        stored=len(rows),
        lost=len(told.returned - kept) - told.dropped.total(),
        doubled=len(marks) - len(kept) + _same(rows),
        disordered=_inversions(rows),
        phantom=len(kept - told.produced),
        miscounted=miscounted,
    )


def tell(ledgers: Iterable[Path]) -> Told:
    """All that the ledgers say."""
    told = Told()
    for ledger in ledgers:
        told.read(ledger)
    return told


def marks_of(url: str) -> set[Mark]:
    """The scrapers' events that the database at `url` holds."""
    with reading(url) as connection:
        return {mark for row in stored(connection) if (mark := _mark(row))}


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A connection that only reads."""
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def stored(connection: Connection) -> Iterator[Row]:
    """Every event in the order of its cursor."""
    found = connection.execute(
        text(
            "SELECT e.cursor, coalesce(j.id, ''), e.type, CASE WHEN e.at_ms < e.received_ms THEN e.at_ms"
            " ELSE e.received_ms END, e.id, e.seq, e.epoch, e.data"
            " FROM events e LEFT JOIN jobs j ON j.key = e.job_key ORDER BY e.cursor"
        )
    )
    for cursor, job_id, kind, at_ms, id_, seq, epoch, data in found:
        yield Row(cursor, job_id, kind, at_ms, id_ and bytes(id_), seq, epoch and bytes(epoch), json.loads(data))


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


def _wrong_jobs(connection: Connection, rows: list[Row]) -> int:
    """Jobs whose counters of items and errors are not those of their present attempt's events."""
    items, errors = Counter[str](), Counter[str]()
    jobs = connection.execute(text("SELECT id, first_cursor, items, errors FROM jobs")).all()
    first = {job.id: job.first_cursor for job in jobs}
    for row in rows:
        if row.job_id and row.cursor >= first[row.job_id]:
            items[row.job_id] += _items(row)
            errors[row.job_id] += row.type == "error"
    return sum((job.items, job.errors) != (items[job.id], errors[job.id]) for job in jobs)


def _wrong_minutes(connection: Connection, rows: list[Row]) -> int:
    """Minutes in which a job's roll-up of items or errors is not what its events add up to."""
    recount = Counter[tuple[str, str, int]]()
    for row in rows:
        minute = row.counted_ms - row.counted_ms % MINUTE_MS
        recount["items", row.job_id, minute] += _items(row)
        recount["errors", row.job_id, minute] += row.type == "error"
    rolled = Counter[tuple[str, str, int]]()
    for name, labels, at_ms, total in connection.execute(
        text(
            "SELECT s.name, s.labels, b.at_ms, b.sum FROM buckets b JOIN series s ON s.id = b.series_id"
            " WHERE b.step_ms = :step AND s.name IN ('items', 'errors')"
        ),
        {"step": MINUTE_MS},
    ):
        rolled[name, dict(json.loads(labels)).get("job", ""), at_ms] += int(total)
    return sum(recount[key] != rolled[key] for key in recount.keys() | rolled.keys())


def _items(row: Row) -> int:
    return int(row.data.get("count") or 0) if row.type == "item_summary" else int(row.type == "item_scraped")
