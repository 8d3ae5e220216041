"""The audit log in SQL; see `app.storage.base_audit`.

Triggers refuse every change and removal of a line, by whatever program; the migration makes the same.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, Table, Text, insert, or_, select

from app.storage.base_audit import AuditEntry, AuditFilter
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

T = TypeVar("T")

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Integer),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor_id", "actor", "id"),
    Index("ix_audit_action_id", "action", "id"),
    Index("ix_audit_kind_object_id_id", "kind", "object_id", "id"),
    sqlite_autoincrement=True,
)

_SEARCHED: Final = ("actor", "address", "agent", "object_id", "name", "before", "after")


class SqlAuditStore:
    """The `AuditStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self, work: Callable[[], T]) -> T:
        """See `AuditStore`."""
        return self._database.together(work)

    def add(self, entry: AuditEntry) -> None:
        """See `AuditStore`."""
        values = {column.name: getattr(entry, column.name) for column in audit.c if column.name != "id"}
        self._database.write(lambda connection: connection.execute(insert(audit).values(**values)))

    def entries(self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """See `AuditStore`."""
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        rows = self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [AuditEntry(**row) for row in rows]

    def actors(self) -> Sequence[str]:
        """See `AuditStore`."""
        query = select(audit.c.actor).distinct().order_by(audit.c.actor)
        return self._database.read(lambda connection: connection.scalars(query).all())


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    equal: dict[str, Any] = {"actor": wanted.actor, "kind": wanted.kind, "object_id": wanted.object_id}
    found += [audit.c[name] == value for name, value in equal.items() if value is not None]
    if wanted.actions:
        found.append(audit.c.action.in_(wanted.actions))
    if wanted.from_ms is not None:
        found.append(audit.c.at >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(audit.c.at < wanted.to_ms)
    if wanted.q:
        found.append(or_(*(audit.c[name].icontains(wanted.q, autoescape=True) for name in _SEARCHED)))
    return found
