"""The tables of rules, their instances and incidents, and how records become rows.

What is looked for has a column of its own; the rest of a rule, an incident or a line of a timeline is JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, Float, Index, Integer, RowMapping, Table, Text, UniqueConstraint, text

from app.storage.base_alerts import Entry, Incident, Instance, RuleRow
from app.storage.base_series import Labels
from app.storage.sql.metadata import metadata

_IS_OPEN: Final = text("state <> 'resolved'")
_IS_NEWS: Final = text("told <> announced")

rules: Final = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("config", Text, nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

instances: Final = Table(
    "instances",
    metadata,
    Column("rule_id", Integer, primary_key=True, autoincrement=False),
    Column("labels", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("value", Float, nullable=False),
    Column("peak", Float, nullable=False),
    Column("quiet_since", BigInteger),
    Column("flaps", Integer, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Those that are not ok."""

incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("rule_id", Integer, nullable=False),
    Column("labels", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("told", Text, nullable=False),
    Column("announced", Text, nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_incidents_state_id", "state", "id"),
    Index("ix_incidents_ended_at", "ended_at"),
    Index("ix_incidents_news", "id", sqlite_where=_IS_NEWS, postgresql_where=_IS_NEWS),
    Index("uq_incidents_open", "rule_id", "labels", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sqlite_autoincrement=True,
)
"""`rule_id` outlives its rule: what happened stays in the history. A group of a rule has one open incident at most."""

timeline: Final = Table(
    "timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", Integer, nullable=False),
    Column("rule_id", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_timeline_incident_id_id", "incident_id", "id"),
    Index("ix_timeline_at", "at"),
    sqlite_autoincrement=True,
)

leases: Final = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("evaluated_at", BigInteger),
    Column("cursor", BigInteger),
)

error_kinds: Final = Table(
    "error_kinds",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Index("ix_error_kinds_seen_at", "seen_at"),
)

_COLUMNS: Final = frozenset(column.name for column in incidents.c) - {"record", "labels"}


def rule_values(rule: RuleRow) -> dict[str, Any]:
    """Every column but the number."""
    return {"name": rule.name, "version": rule.version, "config": _json(rule.config)}


def rule_of(row: RowMapping) -> RuleRow:
    """The rule of a row."""
    return RuleRow(**{**row, "config": msgspec.json.decode(row["config"])})


def instance_values(one: Instance) -> dict[str, Any]:
    """Every column."""
    return {**asdict(one), "labels": _json(one.labels)}


def instance_of(row: RowMapping) -> Instance:
    """The instance of a row."""
    return Instance(**{**row, "labels": _labels(row["labels"])})


def group_values(groups: Iterable[tuple[int, Labels]]) -> list[tuple[int, str]]:
    """What `rule_id` and `labels` are of each."""
    return [(rule_id, _json(group)) for rule_id, group in groups]


def incident_values(incident: Incident) -> dict[str, Any]:
    """Every column but the number."""
    record = asdict(incident)
    del record["id"]
    values = {name: record.pop(name) for name in _COLUMNS - {"id"}}
    return {**values, "labels": _json(record.pop("group")), "record": _json(record)}


def incident_of(row: RowMapping) -> Incident:
    """The incident of a row."""
    record: Mapping[str, Any] = msgspec.json.decode(row["record"])
    columns = {name: row[name] for name in _COLUMNS}
    channels = tuple(record["channels"])
    return Incident(**{**record, **columns, "group": _labels(row["labels"]), "channels": channels})


def entry_values(entry: Entry, incident_id: int) -> dict[str, Any]:
    """Every column but the number."""
    return {
        "incident_id": incident_id,
        "rule_id": entry.rule_id,
        "at": entry.at,
        "kind": entry.kind,
        "detail": _json(entry.detail),
    }


def entry_of(row: RowMapping) -> Entry:
    """The line of a row."""
    return Entry(**{**row, "detail": msgspec.json.decode(row["detail"])})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _labels(text_: str) -> Labels:
    return tuple((name, value) for name, value in msgspec.json.decode(text_))
