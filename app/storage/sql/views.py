"""Saved views in SQL; see `app.storage.base_views`."""

from dataclasses import asdict, replace
from typing import Final

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, delete, func, select, text, update

from app.storage.base_views import MOST_VIEWS, SavedView
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

saved_views: Final = Table(
    "saved_views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("page", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Index("uq_saved_views_user_id_page_name", "user_id", "page", "name", unique=True),
    sqlite_autoincrement=True,
)

_SAVE: Final = text(
    "INSERT INTO saved_views (user_id, page, name, query) VALUES (:user_id, :page, :name, :query)"
    " ON CONFLICT (user_id, page, name) DO UPDATE SET query = excluded.query RETURNING id"
)


class SqlViewStore:
    """The `ViewStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def views(self, user_id: int, page: str) -> list[SavedView]:
        """See `ViewStore`."""
        theirs = (saved_views.c.user_id == user_id, saved_views.c.page == page)
        query = select(saved_views).where(*theirs).order_by(saved_views.c.name)
        return self._database.read(
            lambda connection: [SavedView(**row) for row in connection.execute(query).mappings()]
        )

    def save(self, view: SavedView) -> SavedView | None:
        """See `ViewStore`."""

        def work(connection: Connection) -> int | None:
            theirs = (saved_views.c.user_id == view.user_id, saved_views.c.page == view.page)
            named = update(saved_views).where(*theirs, saved_views.c.name == view.name).values(query=view.query)
            known: int | None = connection.scalar(named.returning(saved_views.c.id))
            if known is not None:
                return known
            held = connection.execute(select(func.count()).select_from(saved_views).where(*theirs)).scalar_one()
            if held >= MOST_VIEWS:
                return None
            number: int = connection.execute(_SAVE, asdict(view)).scalar_one()
            return number

        number = self._database.write(work)
        return None if number is None else replace(view, id=number)

    def delete(self, user_id: int, view_id: int) -> bool:
        """See `ViewStore`."""
        statement = delete(saved_views).where(saved_views.c.id == view_id, saved_views.c.user_id == user_id)
        return bool(self._database.write(lambda connection: connection.execute(statement).rowcount))
