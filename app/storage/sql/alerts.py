"""Rules and incidents in SQL; see `app.storage.base_alerts`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    RowMapping,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.storage.base_alerts import ALL, Incident, IncidentFilter, Rule
from app.storage.base_counts import Counted
from app.storage.base_series import Cells
from app.storage.sql.counting import count_newest, within
from app.storage.sql.database import Database
from app.storage.sql.events_tables import meta
from app.storage.sql.metadata import metadata

rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("severity", Text, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("cooldown_ms", BigInteger, nullable=False),
    Column("min_samples", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

_IS_OPEN: Final = text("state <> 'resolved'")

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("rule_id", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("value", Float, nullable=False),
    Column("peak", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("acked_by", Text),
    Column("acked_at", BigInteger),
    Column("note", Text),
    Column("told", Text, nullable=False),
    Column("told_at", BigInteger),
    Index("ix_incidents_rule_id_id", "rule_id", "id"),
    Index("ix_incidents_state_id", "state", "id"),
    Index("uq_incidents_open", "rule_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sqlite_autoincrement=True,
)
"""`rule_id` outlives its rule: what happened stays in the history. A rule has one open incident at most."""

_BEGUN: Final = "first_rules"
"""The row of `meta` that says that a new house got its rules, so that deleted ones stay deleted."""


class SqlAlertStore:
    """The `AlertStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self) -> list[Rule]:
        """See `AlertStore`."""
        query = select(rules).order_by(rules.c.name)
        return self._database.read(lambda connection: [_rule(row) for row in connection.execute(query).mappings()])

    def add_first_rules(self, rules_: Sequence[Rule]) -> bool:
        """See `AlertStore`."""

        def work(connection: Connection) -> bool:
            if connection.execute(select(meta.c.value).where(meta.c.key == _BEGUN)).first():
                return False
            connection.execute(insert(meta).values(key=_BEGUN, value=1))
            connection.execute(insert(rules), [_values(rule) for rule in rules_])
            return True

        return self._database.write(work)

    def newest_incidents(self) -> list[Incident]:
        """See `AlertStore`."""
        newest = select(func.max(incidents.c.id)).group_by(incidents.c.rule_id)
        return self._incidents(select(incidents).where(incidents.c.id.in_(newest)))

    def open(self, incident: Incident) -> Incident | None:
        """See `AlertStore`."""
        statement = insert(incidents).values(**_values(incident)).returning(incidents.c.id)
        try:
            number = self._database.write(lambda connection: connection.execute(statement).scalar_one())
        except IntegrityError:
            return None
        return replace(incident, id=number)

    def change(self, incident: Incident) -> Incident | None:
        """See `AlertStore`."""
        changed = replace(incident, version=incident.version + 1)
        statement = (
            update(incidents)
            .where(incidents.c.id == incident.id, incidents.c.version == incident.version)
            .values(**_values(changed))
        )
        done = self._database.write(lambda connection: connection.execute(statement).rowcount)
        return changed if done else None

    def incident(self, incident_id: int) -> Incident | None:
        """See `AlertStore`."""
        found = self._incidents(select(incidents).where(incidents.c.id == incident_id))
        return found[0] if found else None

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """See `AlertStore`."""
        query = select(incidents).where(*_conditions(wanted)).order_by(incidents.c.id.desc()).limit(limit)
        return self._incidents(query if before is None else query.where(incidents.c.id < before))

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """See `AlertStore`."""
        query = (
            select(incidents.c.severity, incidents.c.started_at)
            .where(*_conditions(wanted), *within(incidents.c.started_at, over))
            .order_by(incidents.c.id.desc())
        )
        everything = select(func.count(incidents.c.id))
        return self._database.read(lambda connection: count_newest(connection, query, over, most, everything))

    def counts(self) -> dict[str, int]:
        """See `AlertStore`."""
        query = (
            select(incidents.c.state, func.count())
            .where(incidents.c.state.in_(("firing", "acknowledged")))
            .group_by(incidents.c.state)
        )
        found: dict[str, int] = self._database.read(lambda connection: dict(connection.execute(query).all()))
        return {"firing": 0, "acknowledged": 0} | found

    def _incidents(self, query: Select[Any]) -> list[Incident]:
        return self._database.read(lambda connection: [Incident(**row) for row in connection.execute(query).mappings()])


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(incidents.c.state.in_(wanted.states))
    if wanted.severities:
        found.append(incidents.c.severity.in_(wanted.severities))
    if wanted.rule:
        found.append(incidents.c.rule.icontains(wanted.rule, autoescape=True))
    if wanted.from_ms is not None:
        found.append(incidents.c.started_at >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(incidents.c.started_at <= wanted.to_ms)
    return found


def _rule(row: RowMapping) -> Rule:
    return Rule(**{**row, "channels": tuple(row["channels"])})


def _values(record: Rule | Incident) -> dict[str, Any]:
    """Every column but the number, which is the store's to give."""
    return {name: value for name, value in asdict(record).items() if name != "id"}
