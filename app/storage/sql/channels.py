"""Channels in SQL; see `app.storage.base_channels`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    RowMapping,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict
from app.storage.base_channels import Breakage, StoredChannel
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

channels: Final = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

breakages: Final = Table(
    "breakages",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
"""By the channel's name, since those of the environment have no row."""


class SqlChannelStore:
    """The `ChannelStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def channels(self) -> list[StoredChannel]:
        """See `ChannelStore`."""
        query = select(channels).order_by(channels.c.name)
        return self._database.read(lambda connection: [_record(row) for row in connection.execute(query).mappings()])

    def add(self, channel: StoredChannel) -> StoredChannel | None:
        """See `ChannelStore`."""

        def work(connection: Connection) -> int:
            connection.execute(delete(breakages).where(breakages.c.channel == channel.name))
            statement = insert(channels).values(**_values(channel)).returning(channels.c.id)
            number: int = connection.execute(statement).scalar_one()
            return number

        try:
            return replace(channel, id=self._database.write(work))
        except IntegrityError:
            return None

    def change(self, channel: StoredChannel) -> bool:
        """See `ChannelStore`."""

        def work(connection: Connection) -> bool:
            statement = update(channels).where(channels.c.id == channel.id).values(**_values(channel))
            connection.execute(delete(breakages).where(breakages.c.channel == channel.name))
            return bool(connection.execute(statement).rowcount)

        try:
            return self._database.write(work)
        except IntegrityError:
            raise Conflict("There is a channel %(name)r already", name=channel.name) from None

    def delete(self, channel_id: int) -> bool:
        """See `ChannelStore`."""

        def work(connection: Connection) -> bool:
            statement = delete(channels).where(channels.c.id == channel_id).returning(channels.c.name)
            name = connection.execute(statement).scalar()
            connection.execute(delete(breakages).where(breakages.c.channel == name))
            return name is not None

        return self._database.write(work)

    def seal_anew(self, sealed: Mapping[int, tuple[str, str]]) -> int:
        """See `ChannelStore`."""

        def work(connection: Connection) -> int:
            return sum(
                connection.execute(
                    update(channels).where(channels.c.id == number, channels.c.sealed == read).values(sealed=written)
                ).rowcount
                for number, (read, written) in sealed.items()
            )

        return self._database.write(work)

    def broken(self) -> dict[str, Breakage]:
        """See `ChannelStore`."""
        rows = self._database.read(lambda connection: connection.execute(select(breakages)).all())
        return {row.channel: Breakage(at=row.at, why=row.why) for row in rows}

    def mark(self, name: str, breakage: Breakage | None) -> None:
        """See `ChannelStore`."""

        def work(connection: Connection) -> None:
            here = breakages.c.channel == name
            if breakage is None:
                connection.execute(delete(breakages).where(here))
            elif not connection.execute(update(breakages).where(here).values(why=breakage.why)).rowcount:
                connection.execute(insert(breakages).values(channel=name, at=breakage.at, why=breakage.why))

        self._database.write(work)


def _record(row: RowMapping) -> StoredChannel:
    return StoredChannel(**row)


def _values(channel: StoredChannel) -> dict[str, Any]:
    return {"name": channel.name, "type": channel.type, "sealed": channel.sealed}
