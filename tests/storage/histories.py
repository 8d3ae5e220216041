"""A short history that has something of everything, and all that can be asked of the stores that hold it."""

from collections.abc import Iterator
from typing import Any

from app.fold import folding
from app.jobs.grouping import Grouping
from app.storage.base import EventFilter, JobFilter
from app.storage.base_groups import Mute
from app.storage.base_series import HOUR_MS, MINUTE_MS, Cells, Stretch
from app.storage.indexing import Indexing
from app.storage.stores import Stores
from tests.fakes import NOW_MS, StoppedClock, event, fresh_limits

EPOCH = b"e" * 16
RUNS = ("red", "blue", "green")
_SPAN = Stretch(MINUTE_MS, NOW_MS - 48 * HOUR_MS, NOW_MS + 48 * HOUR_MS)


def lived(stores: Stores, clock: StoppedClock) -> None:
    """Two senders, three runs of a spider over six hours: duplicates, a deleted job, errors, a muted one, figures."""
    fold = folding(fresh_limits())
    for hour in range(6):
        clock.time_ms = NOW_MS + hour * HOUR_MS
        for number, job_id in enumerate(RUNS):
            stores.events.append([*_of(job_id, number, hour, clock.time_ms)], fold)
    again = event(job_id="red", id=_id("red", 1), seq=1, epoch=EPOCH, at_ms=NOW_MS, data={"price": 1.0})
    stores.events.append([again], fold, {(1, "rejected", "invalid"): 2})
    stores.events.append([event(job_id="gone", id=b"g" * 16), event("log", "", sender_id=2)], fold)
    stores.events.append([event("job_failed", "blue", sender_id=2, at_ms=clock.time_ms, data={"error": "no"})], fold)
    stores.events.delete_job("gone")
    Grouping(stores.events, stores.groups).look()
    if stores.words is not None:
        Indexing(stores.events, stores.words).look()
    stores.groups.mute("red", stores.groups.of_job("red")[0].fingerprint, Mute("ada", NOW_MS))
    stores.series.roll_up(NOW_MS - HOUR_MS, NOW_MS + 7 * HOUR_MS)


def _of(job_id: str, number: int, hour: int, at_ms: int) -> Iterator[Any]:
    def made(type_: str, **fields: Any) -> Any:
        return event(type_, job_id, sender_id=1 + number % 2, at_ms=at_ms, **fields)

    if hour == 0:
        yield made("job_started", data={"source": "ebay.com", "query": "cards", "config": {"pages": 5}, "tags": ["a"]})
    yield made("item_scraped", id=_id(job_id, hour * 10 + 1), seq=hour * 10 + 1, epoch=EPOCH, data={"price": 1.0})
    yield made("error", id=_id(job_id, hour * 10 + 2), level=3, data={"message": f"page {hour} is empty", "kind": "E"})
    yield made("log", level=1, data={"message": f"now at shelf {hour} — émile", "level": "info"})
    yield made("job_progress", data={"done": hour, "total": 6.5, "requests": {"total": hour * 7, "failed": hour}})
    yield made("metric", data={"values": {"own.depth": hour / 3}, "labels": {"site": job_id}})


def _id(job_id: str, number: int) -> bytes:
    return f"{job_id:>8}{number:08}".encode()


def seen(stores: Stores) -> dict[str, Any]:
    """All that the ports tell."""
    events, groups, search = stores.events, stores.groups, stores.search
    jobs = events.jobs(JobFilter())
    spider = ("ebay.com", "cards")
    cells = Cells(NOW_MS - HOUR_MS, HOUR_MS, 10)
    return {
        "events": events.events(EventFilter(), limit=1_000),
        "logs": events.events_after(EventFilter(types=("log",)), after=0),
        "levels": events.events(EventFilter(min_level=2)),
        "jobs": jobs,
        "failed": events.jobs(JobFilter(statuses=("failed",))),
        "sources": events.jobs(JobFilter(source="ebay.com")),
        "counts": events.job_counts(JobFilter()),
        "runs": events.latest_runs([spider], 9),
        "over time": events.count(EventFilter(), cells, 1_000),
        "seqs": [events.last_seqs(sender_id, EPOCH) for sender_id in (1, 2)],
        "tallies": events.tallies(),
        "reach": events.reach(),
        "groups": {job.id: groups.of_job(job.id) for job in jobs},
        "grouped": groups.grouped(),
        "words": search.search(EventFilter(q="shelf émile")).events,
        "rare words": [found.cursor for found in search.search(EventFilter(q='"page 3"')).events],
        "since": stores.series.since(),
        "series": {name: _series(stores, name) for name in stores.series.names()},
    }


def _series(stores: Stores, name: str) -> Any:
    series = stores.series
    labels = series.find(name, {})
    spans = [Stretch(step, _SPAN.from_ms - _SPAN.from_ms % step, _SPAN.to_ms) for step in (MINUTE_MS, HOUR_MS)]
    groups = {each: place for place, each in enumerate(labels)}
    return (
        sorted(series.newest(name, 100)),
        [series.read(name, {}, from_ms=each.from_ms, to_ms=each.to_ms, step_ms=each.step_ms) for each in spans],
        [sorted(_sketched(stores, name, groups, each)) for each in spans],
    )


def _sketched(stores: Stores, name: str, groups: dict[Any, int], within: Stretch) -> Iterator[Any]:
    found = stores.series.sketched(name, groups, [within], Cells(within.from_ms, within.step_ms, 100_000))
    return ((cell, sketch or b"", total) for cell, sketch, total in found)
