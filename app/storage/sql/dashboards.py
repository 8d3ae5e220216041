"""Dashboards in SQL; see `app.storage.base_dashboards`.

A dashboard is kept as the JSON text that it was given as, so that what comes out is what went in.
"""

from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
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
from app.storage.base_dashboards import Dashboard
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

dashboards: Final = Table(
    "dashboards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

homes: Final = Table(
    "homes",
    metadata,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("dashboard_id", Text, nullable=False),
)
"""`dashboard_id` may name one that came along, or one that is gone: then the overview is shown."""


class SqlDashboardStore:
    """The `DashboardStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dashboards(self) -> list[Dashboard]:
        """See `DashboardStore`."""
        query = select(dashboards).order_by(dashboards.c.name)
        return self._database.read(lambda connection: [_record(row) for row in connection.execute(query).mappings()])

    def dashboard(self, number: int) -> Dashboard | None:
        """See `DashboardStore`."""
        query = select(dashboards).where(dashboards.c.id == number)
        row = self._database.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else _record(row)

    def add(self, dashboard: Dashboard) -> Dashboard | None:
        """See `DashboardStore`."""
        statement = insert(dashboards).values(**_values(dashboard)).returning(dashboards.c.id)
        try:
            number = self._database.write(lambda connection: connection.execute(statement).scalar_one())
        except IntegrityError:
            return None
        return replace(dashboard, id=str(number))

    def change(self, dashboard: Dashboard) -> Dashboard | None:
        """See `DashboardStore`."""
        changed = replace(dashboard, version=dashboard.version + 1)
        statement = (
            update(dashboards)
            .where(dashboards.c.id == int(dashboard.id), dashboards.c.version == dashboard.version)
            .values(**_values(changed))
        )
        try:
            done = self._database.write(lambda connection: connection.execute(statement).rowcount)
        except IntegrityError:
            raise Conflict("There is a dashboard %(name)r already", name=dashboard.name, field="name") from None
        return changed if done else None

    def delete(self, number: int) -> bool:
        """See `DashboardStore`."""
        statement = delete(dashboards).where(dashboards.c.id == number)
        return bool(self._database.write(lambda connection: connection.execute(statement).rowcount))

    def home(self, user_id: int) -> str | None:
        """See `DashboardStore`."""
        query = select(homes.c.dashboard_id).where(homes.c.user_id == user_id)
        found: str | None = self._database.read(lambda connection: connection.execute(query).scalar())
        return found

    def set_home(self, user_id: int, dashboard_id: str | None) -> None:
        """See `DashboardStore`."""

        def work(connection: Connection) -> None:
            connection.execute(delete(homes).where(homes.c.user_id == user_id))
            if dashboard_id is not None:
                connection.execute(insert(homes).values(user_id=user_id, dashboard_id=dashboard_id))

        self._database.write(work)


def _record(row: RowMapping) -> Dashboard:
    config = msgspec.json.decode(row["config"])
    return Dashboard(id=str(row["id"]), name=row["name"], config=config, version=row["version"])


def _values(dashboard: Dashboard) -> dict[str, Any]:
    config = msgspec.json.encode(dashboard.config).decode()
    return {"name": dashboard.name, "config": config, "version": dashboard.version}
