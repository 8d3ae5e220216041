"""Filters of events as conditions of MongoDB, all of which must be met."""

import re
from collections.abc import Sequence

from app.storage.base import EventFilter
from app.storage.base_levels import Levels
from app.storage.mongo.client import Document, Mongo, Sight
from app.storage.mongo.conditions_jobs import among
from app.storage.mongo.rows import ALERT

IMPOSSIBLE: Document = {"_id": {"$in": []}}


def together(conditions: Sequence[Document]) -> Document:
    """All of them as one."""
    return {"$and": list(conditions)} if conditions else {}


def visible(sight: Sight, *, before: int | None = None, after: int = 0) -> list[Document]:
    """Of events that may be seen; their cursors lie below `before` and above `after`."""
    newest = sight.newest if before is None else min(sight.newest, before - 1)
    found: list[Document] = [{"_id": {"$gt": after, "$lte": newest}}]
    if sight.gone:
        found.append({"job_key": {"$nin": list(sight.gone)}})
    return found


def event_conditions(mongo: Mongo, wanted: EventFilter) -> list[Document]:
    """Those that an event meets."""
    return [*of_jobs(mongo, wanted), *told_conditions(wanted)]


def of_jobs(mongo: Mongo, wanted: EventFilter) -> list[Document]:
    """Of whose jobs it is."""
    if wanted.of is None and wanted.job_id is None:
        return []
    named = [] if wanted.of is None else among(wanted.of)
    if wanted.job_id is not None:
        named.append({"id": wanted.job_id})
    keys = [job["_id"] for job in mongo["jobs"].find(together(named), {"_id": 1})]
    return [{"job_key": keys[0] if len(keys) == 1 else {"$in": keys}}]


def told_conditions(wanted: EventFilter) -> list[Document]:
    """What an event says itself."""
    found: list[Document] = []
    if wanted.cursors:
        found.append({"_id": {"$in": list(wanted.cursors)}})
    if wanted.types:
        found.append({"type": {"$in": list(wanted.types)}})
    if wanted.min_level is not None:
        found.append({"level": {"$gte": wanted.min_level}})
    if wanted.levels is not None:
        found.append(_named(wanted.levels))
    if wanted.q:
        found.append(holds("data", wanted.q))
    if wanted.from_ms is not None:
        found.append({"at_ms": {"$gte": wanted.from_ms}})
    if wanted.to_ms is not None:
        found.append({"at_ms": {"$lte": wanted.to_ms}})
    return found


def holds(field: str, text: str) -> Document:
    """Whether the text is in the field, letter by letter, whatever their case."""
    return {field: {"$regex": re.escape(text), "$options": "i"}}


def _named(levels: Levels) -> Document:
    severities = [{"severity": {"$regex": f"^{re.escape(each)}$", "$options": "i"}} for each in levels.severities]
    alerts = [{"type": ALERT, "$or": severities}] if severities else []
    return {
        "$or": [
            {"level": {"$in": list(levels.numbers)}},
            {"level": None, "type": {"$in": list(levels.types)}},
            *alerts,
        ]
    }
