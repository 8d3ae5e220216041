"""Filters of jobs as conditions of MongoDB, all of which must be met."""

import re
from typing import Any, Final

from app.storage.base import JobFilter
from app.storage.base_jobs import Condition
from app.storage.base_runs import Runs
from app.storage.mongo.client import Document

_COMPARED: Final = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_TEXTS: Final = ("id", "source", "query")


def job_conditions(wanted: JobFilter) -> list[Document]:
    """Those that a job meets."""
    found = [] if wanted.of is None else among(wanted.of)
    if wanted.keys:
        found.append({"_id": {"$in": list(wanted.keys)}})
    if wanted.after is not None:
        found.append({"_id": {"$gt": wanted.after}})
    if wanted.statuses:
        found.append({"status": {"$in": list(wanted.statuses)}})
    if wanted.source is not None:
        found.append({"source": wanted.source})
    if wanted.q:
        found.append(_holds(wanted.q))
    if wanted.tag is not None:
        found.append({"tags": wanted.tag})
    ends = (("$gte", wanted.from_ms), ("$lte", wanted.to_ms))
    found += [{"began": {sign: at_ms}} for sign, at_ms in ends if at_ms is not None]
    return found + [_searched(condition) for condition in wanted.conditions]


def among(runs: Runs) -> list[Document]:
    """Those that a job meets which is among them."""
    found: list[Document] = []
    if runs.id is not None:
        found.append({"id": runs.id})
    if runs.source is not None:
        found.append({"source": runs.source})
    if runs.spider is not None:
        found.append({"$or": [of_spider(source, query) for source, query in runs.names()]})
    return found


def of_spider(source: str, query: str) -> Document:
    """Of a spider by its names; "" is also what is not there."""
    return {"source": _text(source), "query": _text(query)}


def _text(text: str) -> Any:
    return text or {"$in": [None, ""]}


def _searched(condition: Condition) -> Document:
    met = _met(condition)
    return {"$nor": [met]} if condition.negated else met


def _met(condition: Condition) -> Document:
    values = [str(value) for value in condition.values]
    match condition.field:
        case "text":
            return {"$and": [_holds(value) for value in values]}
        case "tag":
            return {"tags": {"$in": values}}
        case "spider":
            return {"$or": [{"$and": among(Runs(spider=name))} for name in values]}
        case "pinned":
            return {"pinned": True}
        case field:
            return _compares(field, condition)


def _compares(field: str, condition: Condition) -> Document:
    if condition.sign == "=":
        return {field: {"$in": list(condition.values)}}
    if condition.sign == "^":
        stems = [{field: {"$regex": f"^{re.escape(str(stem))}", "$options": "i"}} for stem in condition.values]
        return {"$or": stems}
    return {field: {_COMPARED[condition.sign]: condition.values[0]}}


def _holds(text: str) -> Document:
    return {"$or": [{name: {"$regex": re.escape(text), "$options": "i"}} for name in _TEXTS]}
