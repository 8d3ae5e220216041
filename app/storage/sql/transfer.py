"""One database as the source or the target of a copy; see `app.storage.base_copying`."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, delete, func, select

from app.storage.base_copying import ALL, Key, Mark, Numbers, Page, Row
from app.storage.sql import copy_mark, schema, transfer_numbers, transfer_rows
from app.storage.sql.database import Database
from app.storage.sql.emptying import empty_store
from app.storage.sql.events_tables import events
from app.storage.sql.job_lists import count_changes, job_totals, miscounted
from app.storage.sql.removal import take_out
from app.storage.sql.transfer_tables import APPENDED, META, TABLES, kept_in_meta


class SqlTransfer:
    """See `Transfer`; parts may be names of tables, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> str:
        """See `Transfer`."""
        return transfer_numbers.version(self._database)

    def held(self, part: str) -> int:
        """See `Transfer`."""
        query = select(func.count()).select_from(TABLES[part])
        if part == META:
            query = query.where(kept_in_meta())
        return self._database.read(lambda connection: connection.scalar(query), long=True) or 0

    def given(self) -> Mapping[str, int]:
        """See `Transfer`."""
        return self._database.read(transfer_numbers.counters)

    def dump(self, part: str, after: Key | None, limit: int) -> Page:
        """See `Transfer`."""
        return self._database.read(partial(transfer_rows.page, part=part, after=after, limit=limit))

    def prepare(self) -> None:
        """See `Transfer`.

        Raises:
            ScrapewatchError: the database is of another version.
        """
        if schema.current(self._database) is None:
            from app.storage.sql import migrate  # noqa: PLC0415  (Alembic takes long to load, and is needed here alone)

            migrate.upgrade(self._database.url.render_as_string(hide_password=False))
        if self.mark() is None:  # else it is refused as one that holds a part of a copy
            schema.require_current(self._database)

    def mark(self) -> Mark | None:
        """See `Transfer`."""
        return None if schema.current(self._database) is None else self._database.read(copy_mark.read)

    def write(self, mark: Mark) -> None:
        """See `Transfer`."""
        self._database.write(partial(copy_mark.write, mark=mark))

    def load(self, part: str, rows: Sequence[Row], mark: Mark) -> None:
        """See `Transfer`.

        Raises:
            ScrapewatchError: there are rows of the same keys.
        """

        def work(connection: Connection) -> None:
            transfer_rows.load(connection, part, rows)
            copy_mark.write(connection, mark)

        self._database.write(work)

    def clear(self, part: str) -> None:
        """See `Transfer`."""
        if part == ALL:
            self._database.write(empty_store)
            return
        if part == APPENDED:
            return
        statement = delete(TABLES[part])
        if part == META:
            statement = statement.where(kept_in_meta())
        self._database.write(lambda connection: connection.execute(statement))

    def cursors(self, after: int, limit: int) -> Sequence[int]:
        """See `Transfer`."""
        query = select(events.c.cursor).where(events.c.cursor > after).order_by(events.c.cursor).limit(limit)
        return self._database.read(lambda connection: connection.scalars(query).all())

    def drop(self, cursors: Sequence[int]) -> None:
        """See `Transfer`."""
        self._database.write(partial(take_out, cursors=cursors))

    def finish(self, numbers: Numbers) -> None:
        """See `Transfer`."""

        def work(connection: Connection) -> None:
            transfer_numbers.take_over(connection, numbers)
            connection.execute(delete(job_totals))
            count_changes(connection, miscounted(connection))

        self._database.write(work)
