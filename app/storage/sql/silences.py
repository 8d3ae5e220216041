"""Silences in SQL; see `app.storage.base_silences`."""

from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    RowMapping,
    Select,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)

from app.storage.base_silences import SilenceRow
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

silences: Final = Table(
    "silences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("config", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_silences_ended_at", "ended_at"),
    sqlite_autoincrement=True,
)


class SqlSilenceStore:
    """The `SilenceStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, silence: SilenceRow) -> SilenceRow:
        """See `SilenceStore`."""
        statement = insert(silences).values(**_values(silence)).returning(silences.c.id)
        number = self._database.write(lambda connection: connection.execute(statement).scalar_one())
        return replace(silence, id=number)

    def change(self, silence: SilenceRow) -> SilenceRow | None:
        """See `SilenceStore`."""
        changed = replace(silence, version=silence.version + 1)
        as_read = (silences.c.id == silence.id) & (silences.c.version == silence.version)
        statement = update(silences).where(as_read).values(**_values(changed))
        return changed if self._database.write(lambda connection: connection.execute(statement).rowcount) else None

    def delete(self, silence_id: int) -> bool:
        """See `SilenceStore`."""
        statement = delete(silences).where(silences.c.id == silence_id)
        return bool(self._database.write(lambda connection: connection.execute(statement).rowcount))

    def silence(self, silence_id: int) -> SilenceRow | None:
        """See `SilenceStore`."""
        found = self._silences(select(silences).where(silences.c.id == silence_id))
        return found[0] if found else None

    def silences(self, ended_after_ms: int | None = None) -> list[SilenceRow]:
        """See `SilenceStore`."""
        query = select(silences).order_by(silences.c.id.desc())
        if ended_after_ms is not None:
            query = query.where(or_(silences.c.ended_at.is_(None), silences.c.ended_at > ended_after_ms))
        return self._silences(query)

    def _silences(self, query: Select[Any]) -> list[SilenceRow]:
        return self._database.read(lambda connection: [_record(row) for row in connection.execute(query).mappings()])


def _record(row: RowMapping) -> SilenceRow:
    return SilenceRow(**{**row, "config": msgspec.json.decode(row["config"])})


def _values(silence: SilenceRow) -> dict[str, Any]:
    return {
        "version": silence.version,
        "config": msgspec.json.encode(silence.config).decode(),
        "created_by": silence.created_by,
        "created_at": silence.created_at,
        "ended_at": silence.ended_at,
    }
