"""Notices as the engine writes them."""

from typing import Any

from app.storage.base_notices import NewNotice
from tests.fakes import NOW_MS

BODY = {
    "rule": "high_failure_rate",
    "severity": "critical",
    "state": "firing",
    "summary": "Many jobs fail",
    "condition": "jobs.failureRate is above 0.1",
    "metric": "jobs.failureRate",
    "operator": ">",
    "threshold": 0.1,
    "value": 0.42,
    "peak": 0.5,
    "startedAt": "2026-11-23T14:32:08.000Z",
    "labels": {"source": "ebay.com"},
}
LINKS = {"link": "https://sw.test/n/1", "acknowledge": "https://sw.test/n/1/ack", "silence": "https://sw.test/n/1/s"}


def notice(kind: str = "firing", **fields: Any) -> NewNotice:
    """A notice of incident 7; `body` is laid over a usual one."""
    over = {"state": "resolved", "endedAt": "2026-11-23T14:44:11.000Z", "duration": 723_000, "reason": "recovered"}
    usual = {**BODY, **over, "value": 0.05} if kind == "resolved" else BODY
    body = {**usual, **fields.pop("body", {})}
    given = {"channel": "ops", "created_at": NOW_MS, "due_at": NOW_MS, "incident_id": 7, **fields}
    return NewNotice(key=given.pop("key", f"7.{kind}.1.ops"), kind=kind, body=body, **given)
