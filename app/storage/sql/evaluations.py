"""What evaluators keep, in SQL; see `app.storage.base_evaluations.EvaluationStore`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict
from app.storage.base_alerts import Incident, Instance
from app.storage.base_evaluations import Change, Lease, Turn
from app.storage.base_notices import NewNotice
from app.storage.sql.alerts import add_entries, change_incident
from app.storage.sql.alerts_tables import (
    error_kinds,
    incident_of,
    incident_values,
    incidents,
    instance_of,
    instance_values,
    instances,
    leases,
)
from app.storage.sql.database import Database
from app.storage.sql.inserts import insert_rows
from app.storage.sql.notices_tables import insert_notices

_NAME: Final = "evaluate alerts"
_COLUMNS: Final = tuple(column.name for column in instances.c)
_UPSERT: Final = (
    f"INSERT INTO instances ({', '.join(_COLUMNS)}) VALUES",
    "ON CONFLICT (rule_id, labels) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in {"rule_id", "labels"}),
)
_NOTE_KINDS: Final = (
    "INSERT INTO error_kinds (kind, seen_at) VALUES",
    "ON CONFLICT (kind) DO UPDATE SET seen_at = excluded.seen_at",
)
_AT_ONCE: Final = 500


class SqlEvaluationStore:
    """The `EvaluationStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_lease(self, holder: str, now_ms: int, length_ms: int) -> Lease | None:
        """See `EvaluationStore`; while it is ours, nothing is written: each turn makes it longer."""
        held = self._database.read(_read_lease)
        if held is not None and held[0].holder == holder:
            return held[0]
        if held is not None and now_ms < held[1] <= now_ms + 2 * length_ms:
            return None
        return self._database.write(lambda connection: _take(connection, holder, now_ms, length_ms))

    def evaluated_at(self) -> int | None:
        """See `EvaluationStore`."""
        held = self._database.read(_read_lease)
        return None if held is None else held[0].evaluated_at

    def release_lease(self, lease: Lease, now_ms: int) -> None:
        """See `EvaluationStore`."""
        statement = update(leases).where(_is_ours(lease)).values(expires_at=now_ms, holder="")
        self._database.write(lambda connection: connection.execute(statement))

    def instances(self, states: Sequence[str] = ()) -> list[Instance]:
        """See `EvaluationStore`."""
        query = select(instances).order_by(instances.c.starts_at)
        if states:
            query = query.where(instances.c.state.in_(states))
        return self._database.read(
            lambda connection: [instance_of(row) for row in connection.execute(query).mappings()]
        )

    def standing(self, ended_after_ms: int) -> list[Incident]:
        """See `EvaluationStore`."""
        query = (
            select(incidents)
            .where(
                or_(
                    incidents.c.state.in_(("firing", "acknowledged")),
                    incidents.c.ended_at > ended_after_ms,
                    incidents.c.told != incidents.c.announced,
                )
            )
            .order_by(incidents.c.id)
        )
        return self._database.read(
            lambda connection: [incident_of(row) for row in connection.execute(query).mappings()]
        )

    def write(self, lease: Lease, turn: Turn) -> list[Incident]:
        """See `EvaluationStore`."""
        values = {"expires_at": turn.expires_at, "evaluated_at": turn.at, "cursor": turn.cursor}

        def work(connection: Connection) -> list[Incident]:
            if not connection.execute(update(leases).where(_is_ours(lease)).values(**values)).rowcount:
                raise Conflict("Another evaluator has the lease")
            stored = [_write_change(connection, change, turn.at) for change in turn.changes]
            _write_instances(connection, turn.instances)
            add_entries(connection, turn.entries, 0)
            insert_rows(connection, _NOTE_KINDS, [(kind, turn.at) for kind in turn.kinds])
            return stored

        try:
            return self._database.write(work)
        except IntegrityError as error:  # the group has an open incident that was not seen
            raise Conflict("An incident was opened meanwhile") from error

    def error_kinds(self, kinds: Iterable[str]) -> dict[str, int]:
        """See `EvaluationStore`."""
        asked = list(kinds)
        slices = [asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE)]
        columns = select(error_kinds.c.kind, error_kinds.c.seen_at)

        def work(connection: Connection) -> dict[str, int]:
            queries = (columns.where(error_kinds.c.kind.in_(some)) for some in slices)
            return {kind: seen_at for query in queries for kind, seen_at in connection.execute(query)}

        return self._database.read(work)

    def has_error_kinds(self) -> bool:
        """See `EvaluationStore`."""
        query = select(error_kinds.c.kind).limit(1)
        return self._database.read(lambda connection: connection.execute(query).first() is not None)

    def announced(self, incident_id: int, state: str) -> None:
        """See `EvaluationStore`."""
        statement = update(incidents).where(incidents.c.id == incident_id).values(announced=state)
        self._database.write(lambda connection: connection.execute(statement))


def _write_change(connection: Connection, change: Change, at_ms: int) -> Incident:
    incident = change.incident
    if incident.id:
        stored = change_incident(connection, incident, change.entries)
        if stored is None:
            raise Conflict("Incident %(id)s has changed meanwhile", id=incident.id)
    else:
        statement = insert(incidents).values(**incident_values(incident)).returning(incidents.c.id)
        stored = replace(incident, id=connection.execute(statement).scalar_one())
        add_entries(connection, change.entries, stored.id)
    insert_notices(
        connection,
        [
            NewNotice(
                key=f"{stored.id}.{notice.kind}.{stored.sequence}.{notice.channel}",
                channel=notice.channel,
                kind=notice.kind,
                body={**notice.body, "incident": stored.id},
                created_at=at_ms,
                due_at=at_ms,
                incident_id=stored.id,
            )
            for notice in change.outgoing
        ],
    )
    return stored


def _write_instances(connection: Connection, changed: Sequence[Instance]) -> None:
    rows = [instance_values(one) for one in changed]
    gone = [{"rule": row["rule_id"], "those": row["labels"]} for row in rows if row["state"] == "ok"]
    if gone:
        one = (instances.c.rule_id == bindparam("rule")) & (instances.c.labels == bindparam("those"))
        connection.execute(delete(instances).where(one), gone)
    kept = [tuple(row[name] for name in _COLUMNS) for row in rows if row["state"] != "ok"]
    insert_rows(connection, _UPSERT, kept)


def _read_lease(connection: Connection) -> tuple[Lease, int] | None:
    row = connection.execute(select(leases).where(leases.c.name == _NAME)).mappings().first()
    if row is None:
        return None
    held = Lease(holder=row["holder"], fence=row["fence"], evaluated_at=row["evaluated_at"], cursor=row["cursor"])
    return held, row["expires_at"]


def _take(connection: Connection, holder: str, now_ms: int, length_ms: int) -> Lease | None:
    """Take it if it is still as free as it was seen; the fence goes up with each holder."""
    found = _read_lease(connection)
    until = now_ms + length_ms
    if found is None:
        connection.execute(insert(leases).values(name=_NAME, holder=holder, fence=1, expires_at=until))
        return Lease(holder=holder, fence=1)
    held, expires_at = found
    if now_ms < expires_at <= now_ms + 2 * length_ms:
        return None
    taken = replace(held, holder=holder, fence=held.fence + 1)
    statement = update(leases).where(_is_ours(held)).values(holder=holder, fence=taken.fence, expires_at=until)
    return taken if connection.execute(statement).rowcount else None


def _is_ours(lease: Lease) -> Any:
    return (leases.c.name == _NAME) & (leases.c.holder == lease.holder) & (leases.c.fence == lease.fence)
