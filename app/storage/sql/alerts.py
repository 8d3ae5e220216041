"""Rules and incidents in SQL; see `app.storage.base_alerts.AlertStore`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict
from app.storage.base_alerts import ALL, OPEN, Entry, Incident, IncidentFilter, RuleRow
from app.storage.base_counts import Counted
from app.storage.base_series import Cells
from app.storage.sql.alerts_tables import (
    entry_of,
    entry_values,
    error_kinds,
    group_values,
    incident_of,
    incident_values,
    incidents,
    rule_of,
    rule_values,
    rules,
    timeline,
)
from app.storage.sql.counting import count_newest, within
from app.storage.sql.database import Database
from app.storage.sql.events_tables import meta

BEGUN: Final = "first_rules"
"""The row of `meta` that says that a new house got its rules, so that deleted ones stay deleted."""


class SqlAlertStore:
    """The `AlertStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self) -> list[RuleRow]:
        """See `AlertStore`."""
        query = select(rules).order_by(rules.c.name)
        return self._database.read(lambda connection: [rule_of(row) for row in connection.execute(query).mappings()])

    def add_rule(self, rule: RuleRow) -> RuleRow | None:
        """See `AlertStore`."""
        statement = insert(rules).values(**rule_values(rule)).returning(rules.c.id)
        try:
            number = self._database.write(lambda connection: connection.execute(statement).scalar_one())
        except IntegrityError:
            return None
        return replace(rule, id=number)

    def change_rule(self, rule: RuleRow) -> RuleRow | None:
        """See `AlertStore`."""
        changed = replace(rule, version=rule.version + 1)
        as_read = (rules.c.id == rule.id) & (rules.c.version == rule.version)
        statement = update(rules).where(as_read).values(**rule_values(changed))
        try:
            done = self._database.write(lambda connection: connection.execute(statement).rowcount)
        except IntegrityError:
            raise Conflict("There is a rule %(name)r already", name=rule.name) from None
        return changed if done else None

    def delete_rule(self, rule_id: int) -> bool:
        """See `AlertStore`."""
        statement = delete(rules).where(rules.c.id == rule_id)
        return bool(self._database.write(lambda connection: connection.execute(statement).rowcount))

    def add_first_rules(self, first: Sequence[RuleRow]) -> bool:
        """See `AlertStore`."""

        def work(connection: Connection) -> bool:
            if connection.execute(select(meta.c.value).where(meta.c.key == BEGUN)).first():
                return False
            connection.execute(insert(meta).values(key=BEGUN, value=1))
            connection.execute(insert(rules), [rule_values(rule) for rule in first])
            return True

        return self._database.write(work)

    def change(self, incident: Incident, entries: Sequence[Entry] = ()) -> Incident | None:
        """See `AlertStore`."""
        return self._database.write(lambda connection: change_incident(connection, incident, entries))

    def incident(self, incident_id: int) -> Incident | None:
        """See `AlertStore`."""
        found = self._incidents(select(incidents).where(incidents.c.id == incident_id))
        return found[0] if found else None

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """See `AlertStore`."""
        query = select(incidents).where(*_conditions(wanted)).order_by(incidents.c.id.desc()).limit(limit)
        return self._incidents(query if before is None else query.where(incidents.c.id < before))

    def open_by_state(self) -> dict[tuple[str, bool], int]:
        """See `AlertStore`."""

        def work(connection: Connection) -> dict[tuple[str, bool], int]:
            record = (type_coerce if connection.dialect.name == "sqlite" else cast)(incidents.c.record, JSON)
            is_muted = record["muted"].as_string() != ""
            query = select(incidents.c.state, is_muted, func.count()).where(incidents.c.state.in_(OPEN))
            rows = connection.execute(query.group_by(incidents.c.state, is_muted))
            return {(state, bool(muted)): number for state, muted, number in rows}

        return self._database.read(work)

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """See `AlertStore`."""
        query = (
            select(incidents.c.severity, incidents.c.started_at)
            .where(*_conditions(wanted), *within(incidents.c.started_at, over))
            .order_by(incidents.c.id.desc())
        )
        everything = select(func.count(incidents.c.id))
        return self._database.read(lambda connection: count_newest(connection, query, over, most, everything))

    def timeline(self, incident_id: int, *, limit: int = 1_000) -> list[Entry]:
        """See `AlertStore`."""
        number = timeline.c.id if incident_id else timeline.c.id.desc()
        query = select(timeline).where(timeline.c.incident_id == incident_id).order_by(number).limit(limit)
        return self._database.read(lambda connection: [entry_of(row) for row in connection.execute(query).mappings()])

    def forget_before(self, at_ms: int, limit: int) -> int:
        """See `AlertStore`."""
        old = select(timeline.c.id).where(timeline.c.at < at_ms).order_by(timeline.c.at).limit(limit)
        lines = delete(timeline).where(timeline.c.id.in_(old))
        kinds = delete(error_kinds).where(error_kinds.c.seen_at < at_ms)

        def work(connection: Connection) -> int:
            connection.execute(kinds)
            return connection.execute(lines).rowcount

        return self._database.write(work)

    def _incidents(self, query: Select[Any]) -> list[Incident]:
        return self._database.read(
            lambda connection: [incident_of(row) for row in connection.execute(query).mappings()]
        )


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(incidents.c.state.in_(wanted.states))
    if wanted.severities:
        found.append(incidents.c.severity.in_(wanted.severities))
    if wanted.rule:
        found.append(incidents.c.rule.icontains(wanted.rule, autoescape=True))
    if wanted.groups:
        found += _of_groups(group_values(wanted.groups))
    if wanted.from_ms is not None:
        found.append(incidents.c.started_at >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(incidents.c.started_at <= wanted.to_ms)
    return found


def _of_groups(groups: Sequence[tuple[int, str]]) -> list[ColumnElement[bool]]:
    """Open incidents of these groups; said so that SQLite finds them by an index, which by pairs alone it does not."""
    rule_id, labels = incidents.c.rule_id, incidents.c.labels
    rule_ids, texts = (sorted(set(values)) for values in zip(*groups, strict=True))
    is_open = incidents.c.state != literal_column("'resolved'")  # as that index has it
    return [is_open, rule_id.in_(rule_ids), labels.in_(texts), tuple_(rule_id, labels).in_(groups)]


def change_incident(connection: Connection, incident: Incident, entries: Sequence[Entry]) -> Incident | None:
    """Write a stored incident and what is new in its timeline, unless somebody has changed it since it was read."""
    changed = replace(incident, version=incident.version + 1)
    as_read = (incidents.c.id == incident.id) & (incidents.c.version == incident.version)
    if not connection.execute(update(incidents).where(as_read).values(**incident_values(changed))).rowcount:
        return None
    add_entries(connection, entries, incident.id)
    return changed


def add_entries(connection: Connection, entries: Sequence[Entry], incident_id: int) -> None:
    """Write lines of a timeline."""
    if entries:
        connection.execute(insert(timeline), [entry_values(entry, incident_id) for entry in entries])
