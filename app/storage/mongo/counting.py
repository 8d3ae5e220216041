"""How many events or jobs there were over time, counted by the database: see `Counted`.

What is looked at is bounded: rows that are newer than the span's beginning, and of those the newest `most` that are
wanted. Events are found by their cursor, which rises with the time at which they were received.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING

from app.storage.base import EventFilter, JobFilter
from app.storage.base_counts import Counted, Kind
from app.storage.base_series import HOUR_MS, Cells
from app.storage.mongo.append_numbers import TOTALS
from app.storage.mongo.client import Document, Mongo
from app.storage.mongo.conditions import event_conditions, together, visible
from app.storage.mongo.conditions_jobs import job_conditions

EARLY_MS: Final = HOUR_MS
"""By how much an event may be older by its receipt than by its own time: clocks are set, and a sender's may be fast."""
_GRAIN: Final = 1_000
"""Events that may be looked at in vain at the beginning of a span, rather than search for it more closely."""
KIND: Final = ("type", "level", "severity")


def count_events(mongo: Mongo, wanted: EventFilter, over: Cells, most: int) -> Counted:
    """Events by type, level and severity."""
    sight = mongo.sight()
    first = received_since(mongo, over.from_ms - EARLY_MS, sight.newest)
    conditions = [*visible(sight, after=first), *event_conditions(mongo, wanted), _within("at_ms", over)]
    cells = _counted(mongo, "events", conditions, {"at_ms": "at_ms", **{name: name for name in KIND}}, over, most)
    found = sum(cells.values())
    return Counted(cells, found if found < most else max(found, sight.newest - first))


def count_jobs(mongo: Mongo, wanted: JobFilter, over: Cells, most: int) -> Counted:
    """Jobs by status."""
    conditions = [*job_conditions(wanted), _within("began", over)]
    cells = _counted(mongo, "jobs", conditions, {"at_ms": "began", "status": "status"}, over, most)
    found = sum(cells.values())
    if found < most:
        return Counted(cells, found)
    return Counted(cells, max(found, sum(each["count"] for each in mongo[TOTALS].find())))


def received_since(mongo: Mongo, at_ms: int, newest: int) -> int:
    """A cursor after which all are that were received at that time or later, and few others."""
    low, high = 0, newest
    while high - low > _GRAIN:
        middle = (low + high) // 2
        following = mongo["events"].find({"_id": {"$gt": middle}}, {"received_ms": 1}).sort("_id", ASCENDING).limit(1)
        received_ms = next((each["received_ms"] for each in following), None)
        if received_ms is not None and received_ms < at_ms:
            low = middle
        else:
            high = middle
    return low


def _within(name: str, over: Cells) -> Document:
    return {name: {"$gte": over.from_ms, "$lt": over.from_ms + over.steps * over.step_ms}}


def _counted(
    mongo: Mongo, name: str, conditions: Sequence[Document], fields: Mapping[str, str], over: Cells, most: int
) -> dict[tuple[Kind, int], int]:
    """The newest `most` by all fields but `at_ms`, a time, and by the cell of that."""
    since = {"$subtract": [f"${fields['at_ms']}", over.from_ms]}
    kinds = [kind for kind in fields if kind != "at_ms"]
    key: Document = {"cell": {"$floor": {"$divide": [since, over.step_ms]}}, **{kind: f"${kind}" for kind in kinds}}
    steps: list[Document] = [
        {"$match": together(conditions)},
        {"$sort": {"_id": -1}},
        {"$limit": most},
        {"$group": {"_id": key, "count": {"$sum": 1}}},
    ]
    found: list[tuple[Any, int]] = [(each["_id"], each["count"]) for each in mongo[name].aggregate(steps)]
    return {(tuple(each.get(kind) for kind in kinds), int(each["cell"])): count for each, count in found}
