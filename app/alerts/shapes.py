"""Incidents, instances and lines of timelines as outsiders see them."""

from collections.abc import Mapping
from typing import Any

from app.core.clock import rfc3339, rfc3339_or_none
from app.storage.base_alerts import Entry, Incident, Instance


def incident_json(incident: Incident) -> dict[str, Any]:
    """The incident as outsiders see it."""
    return {
        "id": incident.id,
        "rule": incident.rule,
        "severity": incident.severity,
        "state": incident.state,
        "startedAt": rfc3339(incident.started_at),
        "endedAt": rfc3339_or_none(incident.ended_at),
        "value": incident.value,
        "peak": incident.peak,
        "reason": incident.reason,
        "labels": dict(incident.group),
        "members": incident.members,
        "flaps": incident.flaps,
        "again": incident.again,
        "muted": incident.muted,
        "ackedBy": incident.acked_by,
        "ackedAt": rfc3339_or_none(incident.acked_at),
        "ackedUntil": rfc3339_or_none(incident.acked_until),
        "note": incident.note,
    }


def entry_json(entry: Entry) -> Mapping[str, Any]:
    """A line of a timeline as outsiders see it."""
    return {"at": rfc3339(entry.at), "kind": entry.kind, "detail": entry.detail}


def instance_json(one: Instance, rule: str) -> dict[str, Any]:
    """An instance as outsiders see it."""
    return {
        "rule": rule,
        "labels": dict(one.labels),
        "state": one.state,
        "since": rfc3339(one.since),
        "startedAt": rfc3339(one.starts_at),
        "value": one.value,
        "peak": one.peak,
        "quietSince": rfc3339_or_none(one.quiet_since),
        "flaps": one.flaps,
    }
