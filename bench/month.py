"""A month of samples as it lies in the store after the shipped roll-ups, made without living through it.

Every series is a sequence of hours drawn from a few hundred, and each of those of minutes drawn from a few thousand; so
the buckets of each resolution and their sketches are computed once for each kind of hour, and any value can be told
again from the draw.
"""

import math
import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from app.storage import sketches
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_DAY_MS, QUARTER_HOUR_MS, RAW_MS, Labels
from app.storage.labels import encode, identity
from app.storage.sql.series_tables import INSERT_BUCKETS

NAME: Final = "queue"
RAW_HOURS: Final = 48
KINDS_OF_MINUTES: Final = 2_000
KINDS_OF_HOURS: Final = 200
_PER_MINUTE: Final = MINUTE_MS // RAW_MS
_PER_QUARTER: Final = QUARTER_HOUR_MS // RAW_MS

_Figures = tuple[float, int, float, float, bytes]
"""Sum, count, least, greatest and sketch."""


@dataclass(frozen=True)
class Month:
    """Samples every 5 s of series told apart by source and worker.

    Attributes:
        end_ms: the first moment that has no sample any more, a whole minute.
        sources: how many.
        workers: of each source, how many.
        days: how long.
    """

    end_ms: int
    sources: int = 10
    workers: int = 20
    days: int = 30
    minutes: list[list[float]] = field(init=False)
    hours: list[list[int]] = field(init=False)
    order: dict[Labels, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        draw = random.Random(4)
        levels = [math.exp(draw.gauss(4, 0.8)) for _ in range(KINDS_OF_MINUTES)]
        minutes = [[round(level * draw.uniform(0.8, 1.25), 1) for _ in range(_PER_MINUTE)] for level in levels]
        hours = [draw.choices(range(KINDS_OF_MINUTES), k=60) for _ in range(KINDS_OF_HOURS)]
        order = {labels: draw.choices(range(KINDS_OF_HOURS), k=self.days * 24 + 1) for labels in self.labels}
        for name, value in (("minutes", minutes), ("hours", hours), ("order", order)):
            object.__setattr__(self, name, value)

    @property
    def labels(self) -> list[Labels]:
        """Of every series."""
        return [
            (("source", f"s{source}"), ("worker", f"w{worker}"))
            for source in range(self.sources)
            for worker in range(self.workers)
        ]

    @property
    def begin_ms(self) -> int:
        """The first sample's time, a whole hour."""
        return self.end_ms - self.end_ms % HOUR_MS - self.days * 24 * HOUR_MS

    @property
    def samples(self) -> int:
        """How many there are of all series."""
        return self.sources * self.workers * (self.end_ms - self.begin_ms) // RAW_MS

    def values(self, labels: Labels, from_ms: int, to_ms: int) -> list[float]:
        """The samples of a series from `from_ms` on and before `to_ms`, both whole multiples of 5 s."""
        found = []
        for at_ms in range(max(from_ms, self.begin_ms), min(to_ms, self.end_ms), RAW_MS):
            hour, within = divmod(at_ms - self.begin_ms, HOUR_MS)
            minute, rest = divmod(within, MINUTE_MS)
            found.append(self.minutes[self.hours[self.order[labels][hour]][minute]][rest // RAW_MS])
        return found

    def openmetrics(self, from_ms: int, to_ms: int) -> Iterator[str]:
        """The samples of that span, whole hours, as a file that Prometheus reads; times in seconds."""
        texts = [[f" {value} " for minute in hour for value in self.minutes[minute]] for hour in self.hours]
        yield f"# TYPE {NAME} gauge\n"
        for labels, order in self.order.items():
            carried = ",".join(f'{name}="{value}"' for name, value in labels)
            head = f"{NAME}{{{carried}}}"
            for begin in range(max(from_ms, self.begin_ms), min(to_ms, self.end_ms), HOUR_MS):
                number = min(HOUR_MS, self.end_ms - begin) // RAW_MS
                kind = texts[order[(begin - self.begin_ms) // HOUR_MS]][:number]
                first = begin // 1000
                yield "".join([f"{head}{text}{first + place * 5}\n" for place, text in enumerate(kind)])
        yield "# EOF\n"


def fill(month: Month, file: Path) -> None:
    """Write it into a database of the present schema, as the roll-ups of a month would have left it."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {pragma}")
    (index,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'ix_buckets_step_ms_at_ms'").fetchone()
    connection.execute("DROP INDEX ix_buckets_step_ms_at_ms")
    connection.execute("BEGIN")
    numbers = {identity(NAME, labels)[0]: labels for labels in month.labels}
    last_ms = month.end_ms - 1 - (month.end_ms - 1) % HOUR_MS
    named = [(number, NAME, encode(labels), last_ms) for number, labels in numbers.items()]
    connection.executemany("INSERT INTO series (id, name, labels, last_ms) VALUES (?, ?, ?, ?)", named)
    rolled = _Rolled(month)
    for number in sorted(numbers):  # in the order of the key, so that the table only grows at its end
        insert = f"{INSERT_BUCKETS} ({number}, ?, ?, ?, ?, ?, ?, ?)"
        connection.executemany(insert, rolled.rows(numbers[number]))
    connection.execute("COMMIT")
    connection.execute(index)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


class _Rolled:
    """The buckets of every kind of hour, each with the time since its beginning."""

    def __init__(self, month: Month) -> None:
        self._month = month
        minutes = [_figures(values) for values in month.minutes]
        values = [_all(month, kind) for kind in month.hours]
        self._kinds = {
            RAW_MS: [[(value, 1, value, value, b"") for value in some] for some in values],
            MINUTE_MS: [[minutes[minute] for minute in kind] for kind in month.hours],
            QUARTER_HOUR_MS: [
                [_figures(some[at : at + _PER_QUARTER]) for at in range(0, len(some), _PER_QUARTER)] for some in values
            ],
            HOUR_MS: [[_figures(some)] for some in values],
        }

    def rows(self, labels: Labels) -> Iterator[tuple[Any, ...]]:
        """A series' buckets without its number, in the order of the table's key."""
        order, month = self._month.order[labels], self._month
        for step_ms, kinds in self._kinds.items():
            first = max(0, month.days * 24 - RAW_HOURS) if step_ms == RAW_MS else 0
            for hour in range(first, len(order)):
                begin = month.begin_ms + hour * HOUR_MS
                for place, figures in enumerate(kinds[order[hour]]):
                    at_ms = begin + place * step_ms
                    if at_ms + step_ms <= month.end_ms:
                        yield step_ms, at_ms, *figures
        hours = [
            (month.begin_ms + hour * HOUR_MS, self._kinds[HOUR_MS][kind][0]) for hour, kind in enumerate(order[:-1])
        ]
        for step_ms in (QUARTER_DAY_MS, DAY_MS):
            for at_ms, parts in groupby(hours, key=lambda each: each[0] - each[0] % step_ms):
                yield step_ms, at_ms, *_together([figures for _, figures in parts])


def _together(parts: list[_Figures]) -> _Figures:
    sums, counts, least, most, spread = zip(*parts, strict=True)
    sketch = sketches.merged(zip(spread, sums, strict=True)) or b""
    return sum(sums), sum(counts), min(least), max(most), sketch


def _all(month: Month, kind: Iterable[int]) -> list[float]:
    return [value for minute in kind for value in month.minutes[minute]]


def _figures(values: list[float]) -> _Figures:
    return sum(values), len(values), min(values), max(values), sketches.of(values)
