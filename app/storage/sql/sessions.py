"""Sessions and links to choose a password in SQL; see `app.storage.base_sessions`."""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.storage.base_accounts import User
from app.storage.base_sessions import PasswordLink, Session
from app.storage.sql.accounts_tables import links, raise_revision, sessions, users
from app.storage.sql.database import Database

_OF_SESSION: Final = [column for column in sessions.c if column.name != "digest"]
_OF_LINK: Final = [column for column in links.c if column.name != "digest"]


class SqlSessionStore:
    """The `SessionStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_session(self, digest: bytes, session: Session, *, forget_before_ms: int) -> Session:
        """See `SessionStore`."""
        values = {column.name: getattr(session, column.name) for column in _OF_SESSION if column.name != "id"}

        def work(connection: Connection) -> int:
            connection.execute(delete(sessions).where(sessions.c.began_at < forget_before_ms))
            added = insert(sessions).values(digest=digest, **values).returning(sessions.c.id)
            number: int = connection.execute(added).scalar_one()
            return number

        return replace(session, id=self._database.write(work))

    def session(self, digest: bytes) -> tuple[Session, User] | None:
        """See `SessionStore`."""
        both = select(*_OF_SESSION, *(column.label(f"of_{column.name}") for column in users.c))
        query = both.join(users, users.c.id == sessions.c.user_id).where(sessions.c.digest == digest)
        row = self._database.read(lambda connection: connection.execute(query).mappings().one_or_none())
        if row is None:
            return None
        return _session(row), User(**{column.name: row[f"of_{column.name}"] for column in users.c})

    def is_open(self, session_id: int) -> bool:
        """See `SessionStore`."""
        query = select(sessions.c.id).where(sessions.c.id == session_id)
        return self._database.read(lambda connection: connection.scalar(query)) is not None

    def sessions(self, user_id: int) -> list[Session]:
        """See `SessionStore`."""
        order = (sessions.c.last_used_at.desc(), sessions.c.id.desc())
        query = select(*_OF_SESSION).where(sessions.c.user_id == user_id).order_by(*order)
        rows = self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_session(row) for row in rows]

    def use_session(self, session_id: int, at_ms: int) -> None:
        """See `SessionStore`."""
        change = update(sessions).where(sessions.c.id == session_id).values(last_used_at=at_ms)
        self._database.write(lambda connection: connection.execute(change))

    def end_session(self, user_id: int, session_id: int) -> bool:
        """See `SessionStore`."""
        return bool(self._ended(user_id, sessions.c.id == session_id))

    def end_other_sessions(self, user_id: int, session_id: int) -> int:
        """See `SessionStore`."""
        return self._ended(user_id, sessions.c.id != session_id)

    def put_link(self, digest: bytes, link: PasswordLink) -> None:
        """See `SessionStore`."""
        values = {column.name: getattr(link, column.name) for column in _OF_LINK}

        def work(connection: Connection) -> None:
            connection.execute(delete(links).where(links.c.user_id == link.user_id))
            connection.execute(insert(links).values(digest=digest, **values))

        self._database.write(work)

    def link(self, digest: bytes) -> PasswordLink | None:
        """See `SessionStore`."""
        query = select(*_OF_LINK).where(links.c.digest == digest)
        row = self._database.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return None if row is None else PasswordLink(**row)

    def links(self) -> dict[int, PasswordLink]:
        """See `SessionStore`."""
        rows = self._database.read(lambda connection: connection.execute(select(*_OF_LINK)).mappings().all())
        return {row["user_id"]: PasswordLink(**row) for row in rows}

    def drop_link(self, user_id: int) -> bool:
        """See `SessionStore`."""
        gone = delete(links).where(links.c.user_id == user_id)
        return bool(self._database.write(lambda connection: connection.execute(gone).rowcount))

    def _ended(self, user_id: int, which: Any) -> int:
        def work(connection: Connection) -> int:
            ended = connection.execute(delete(sessions).where(sessions.c.user_id == user_id, which)).rowcount
            if ended:
                raise_revision(connection)
            return ended

        return self._database.write(work)


def _session(row: RowMapping) -> Session:
    return Session(**{column.name: row[column.name] for column in _OF_SESSION})
