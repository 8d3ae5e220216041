"""Series in Redis: buckets of a sum, a count, a least and a greatest value at each resolution, added up here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from app.storage.base_series import (
    FIGURES,
    HOUR_MS,
    STEPS_MS,
    Bucket,
    Cells,
    Combined,
    Dated,
    Labels,
    Point,
    Sketched,
    Stretch,
    edges,
    oldest_of,
)
from app.storage.labels import Values, both, decode, decoded, encode, identity
from app.storage.redis.buckets import read, spans, times_of
from app.storage.redis.points import NAMES, dated, labelled, merged
from app.storage.redis.pruning import forget_series, prune
from app.storage.redis.rollup import roll_up
from app.storage.redis.server import AT_ONCE, Changes, Command, Head, Server
from app.storage.touched import Touched
from app.storage.touched import spans as in_a_row


class RedisSeriesStore:
    """`SeriesStore` over one Redis."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._touched = Touched()

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        given = list(points)

        def work(_: Head) -> tuple[None, Changes | None]:
            return None, Changes(commands=list(self.merge(given))) if given else None

        self._server.transact(work)

    def merge(self, points: Sequence[Point]) -> Iterator[Command]:
        """What a transaction is to write besides, so that these points are recorded."""
        self._touched.note(points)
        return merged(self._server, points)

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`; what is to be written is written in small transactions."""
        roll_up(self._server, from_ms, to_ms)

    def catch_up(self, before_ms: int) -> None:
        """See `SeriesStore`."""
        with self._server.alone():  # so that what was noted is also written
            touched = self._touched.take()
        try:
            for begin, end in in_a_row(touched, before_ms):
                roll_up(self._server, begin, end)
        except Exception:
            self._touched.put_back(touched)
            raise

    def find(self, name: str, labels: Mapping[str, str], since_ms: int = 0) -> list[Labels]:
        """See `SeriesStore`."""
        told = self._of_job(name, labels["job"], since_ms) if "job" in labels else self._since(name, since_ms)
        wanted = labels.items()
        return sorted(carried for carried in map(decode, told) if not wanted or wanted <= dict(carried).items())

    def _since(self, name: str, since_ms: int) -> list[str]:
        (told,) = self._server.ask(("ZRANGEBYSCORE", dated(name), f"({since_ms - HOUR_MS}", "+inf"))
        return [labels.decode() for labels in told]

    def _of_job(self, name: str, job_id: str, since_ms: int) -> Iterator[str]:
        prefix = encode((("job", job_id),))[:-1].encode()  # without the bracket that closes the list
        (told,) = self._server.ask(("ZRANGEBYLEX", labelled(name), b"[" + prefix, b"[" + prefix + b"\xff"))
        for start in range(0, len(told), AT_ONCE):
            some = told[start : start + AT_ONCE]
            (hours,) = self._server.ask(("ZMSCORE", dated(name), *some))
            for labels, hour in zip(some, hours, strict=True):
                if hour is not None and float(hour) > since_ms - HOUR_MS:
                    yield labels.decode()

    def has(self, name: str, labels: Mapping[str, str]) -> bool:
        """See `SeriesStore`."""
        if not labels:
            (there,) = self._server.ask(("EXISTS", dated(name)))
            return bool(there)
        return bool(self.find(name, labels))

    def names(self) -> list[str]:
        """See `SeriesStore`."""
        (told,) = self._server.ask(("SMEMBERS", NAMES))
        return sorted(name.decode() for name in told)

    def newest(self, name: str, limit: int, *, since_ms: int = 0, before_ms: int | None = None) -> list[Dated]:
        """See `SeriesStore`."""
        most = "+inf" if before_ms is None else f"({before_ms}"
        asked = ("ZREVRANGEBYSCORE", dated(name), most, since_ms, "WITHSCORES", "LIMIT", 0, limit)
        (told,) = self._server.ask(asked)
        return [(decoded(labels), int(hour)) for labels, hour in zip(told[::2], told[1::2], strict=True)]

    def since(self) -> int | None:
        """See `SeriesStore`."""
        told = self._server.ask(*(("ZRANGE", times_of(step_ms), 0, 0) for step_ms in STEPS_MS))
        return oldest_of([int(some[0]) if some else None for some in told])

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """See `SeriesStore`."""
        places = {labels: place for place, labels in enumerate(series)}
        living = {place for place, _, _ in self._buckets(name, places, within)}
        return [labels for labels, place in places.items() if place in living]

    def combine(
        self,
        name: str,
        groups: Mapping[Labels, int],
        within: Sequence[Stretch],
        cells: Cells,
        figures: Sequence[str] = FIGURES,
    ) -> list[Combined]:
        """See `SeriesStore`."""
        found: dict[int, Values] = {}
        for stretch in within:
            for group, at_ms, values in self._buckets(name, groups, stretch):
                cell = _cell(group, at_ms, cells)
                held = found.get(cell)
                found[cell] = values if held is None else both(held, values)
        chosen = [FIGURES.index(figure) for figure in figures]
        return [(cell, *(values[place] for place in chosen)) for cell, values in found.items()]

    def sketched(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], cells: Cells
    ) -> list[Sketched]:
        """See `SeriesStore`."""
        found = chain.from_iterable(self._buckets(name, groups, stretch) for stretch in within)
        return [(_cell(group, at_ms, cells), values[4], values[0]) for group, at_ms, values in found]

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        wanted = self.find(name, labels)
        places = {carried: place for place, carried in enumerate(wanted)}
        found: dict[Labels, list[Bucket]] = {}
        for place, at_ms, values in self._buckets(name, places, Stretch(step_ms, from_ms, to_ms)):
            found.setdefault(wanted[place], []).append(Bucket(at_ms, *values[:4]))
        return found

    def _buckets(self, name: str, groups: Mapping[Labels, int], within: Stretch) -> Iterator[tuple[int, int, Values]]:
        """Each bucket with its group and its time, those of a series in their order."""
        numbers = {identity(name, labels)[0]: group for labels, group in groups.items()}
        begin, end = self._filled(within)
        asked = [span for number in numbers for span in spans(number, within.step_ms, begin, end)]
        for place, values in read(self._server, asked):
            yield numbers[place.series], place.at_ms, values

    def _filled(self, within: Stretch) -> tuple[int, int]:
        """The part of the stretch for which there are buckets of any series: chunks beyond are not asked for."""
        times = times_of(within.step_ms)
        oldest, newest = self._server.ask(("ZRANGE", times, 0, 0), ("ZRANGE", times, -1, -1))
        if not oldest:
            return within.to_ms, within.to_ms
        return max(within.from_ms, int(oldest[0])), min(within.to_ms, int(newest[0]) + within.step_ms)

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`; in slices, so that no other write waits long."""
        before_ms = edges(
            raw_before_ms=raw_before_ms, minutes_before_ms=minutes_before_ms, hours_before_ms=hours_before_ms
        )
        gone = sum(prune(self._server, step_ms, edge_ms) for step_ms, edge_ms in before_ms.items())
        forget_series(self._server, min(before_ms.values()))
        return gone


def _cell(group: int, at_ms: int, cells: Cells) -> int:
    return group * cells.steps + (at_ms - cells.from_ms) // cells.step_ms
