"""Users, tokens and senders in SQL; see `app.storage.base_accounts`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict, NotFound
from app.storage.base_accounts import NewToken, Sender, Token, TokenChanges, User, UserChanges
from app.storage.sql.accounts_tables import links, raise_revision, sessions, tokens, users
from app.storage.sql.database import Database
from app.storage.sql.events_tables import meta, senders
from app.storage.sql.sessions import SqlSessionStore

BOOKKEEPING: Final = frozenset({"last_login_at", "last_used_at"})
"""Columns whose change alone lets nobody do more or less, and so leaves the revision as it is."""

SPACE: Final = " "
"""Stands between the address ranges of a token, of which none holds one."""


class SqlAccountStore:
    """The `AccountStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sessions: Final = SqlSessionStore(database)

    def revision(self) -> int:
        """See `AccountStore`."""
        wanted = select(meta.c.value).where(meta.c.key == "revision")
        return self._database.read(lambda connection: connection.scalar(wanted)) or 0

    def sender(self, name: str, *, at_ms: int) -> Sender:
        """See `AccountStore`."""
        wanted = select(senders).where(senders.c.name == name)
        found = self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return Sender(*(found or self._database.write(lambda connection: _sender(connection, name, at_ms))))

    def users(self) -> list[User]:
        """See `AccountStore`."""
        wanted = select(users).order_by(users.c.key)
        return [_user(row) for row in self._database.read(lambda connection: connection.execute(wanted).all())]

    def user(self, user_id: int) -> User | None:
        """See `AccountStore`."""
        return self._one_user(users.c.id == user_id)

    def user_by_key(self, key: str) -> User | None:
        """See `AccountStore`."""
        return self._one_user(users.c.key == key)

    def add_user(self, username: str, key: str, *, password_hash: str, role: str, at_ms: int) -> User:
        """See `AccountStore`."""
        values = {"username": username, "key": key, "password_hash": password_hash, "role": role, "created_at": at_ms}

        def work(connection: Connection) -> Row[Any]:
            sender = _sender(connection, username, at_ms)
            row = {**values, "sender_id": sender.id, "session_version": 1, "disabled": False}
            return _added(connection, users, row)

        try:
            return _user(self._database.write(work))
        except IntegrityError as error:
            raise Conflict("There is a user called %(username)s already.", username=username) from error

    def change_user(self, user_id: int, changes: UserChanges) -> User:
        """See `AccountStore`."""

        def work(connection: Connection) -> Row[Any]:
            if "session_version" in changes:
                for table in (sessions, links):
                    connection.execute(delete(table).where(table.c.user_id == user_id))
            return _changed(connection, users, user_id, changes)

        return _user(self._database.write(work))

    def tokens(self) -> list[Token]:
        """See `AccountStore`."""
        wanted = select(tokens).order_by(tokens.c.id.desc())
        return [_token(row) for row in self._database.read(lambda connection: connection.execute(wanted).all())]

    def token(self, token_id: int) -> Token | None:
        """See `AccountStore`."""
        return self._one_token(tokens.c.id == token_id)

    def token_by_digest(self, digest: bytes) -> Token | None:
        """See `AccountStore`."""
        return self._one_token(tokens.c.digest == digest)

    def add_token(self, new: NewToken, *, at_ms: int) -> Token:
        """See `AccountStore`."""
        values = {**asdict(new), "allowed": SPACE.join(new.allowed), "created_at": at_ms}

        def work(connection: Connection) -> Row[Any]:
            return _added(connection, tokens, {**values, "sender_id": _sender(connection, new.name, at_ms).id})

        try:
            return _token(self._database.write(work))
        except IntegrityError as error:
            raise Conflict("This token exists already.") from error

    def change_token(self, token_id: int, changes: TokenChanges) -> Token:
        """See `AccountStore`."""
        values: dict[str, Any] = {**changes}
        if "allowed" in changes:
            values["allowed"] = SPACE.join(changes["allowed"])
        return _token(self._database.write(lambda connection: _changed(connection, tokens, token_id, values)))

    def _one_user(self, condition: ColumnElement[bool]) -> User | None:
        wanted = select(users).where(condition)
        row = self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else _user(row)

    def _one_token(self, condition: ColumnElement[bool]) -> Token | None:
        wanted = select(tokens).where(condition)
        row = self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else _token(row)


def _user(row: Row[Any]) -> User:
    return User(**row._asdict())


def _token(row: Row[Any]) -> Token:
    return Token(**{**row._asdict(), "allowed": tuple(row.allowed.split())})


def _sender(connection: Connection, name: str, at_ms: int) -> Row[Any]:
    found = connection.execute(select(senders).where(senders.c.name == name)).one_or_none()
    if found is not None:
        return found
    return connection.execute(insert(senders).values(name=name, created_at=at_ms).returning(*senders.c)).one()


def _added(connection: Connection, table: Table, values: Mapping[str, Any]) -> Row[Any]:
    raise_revision(connection)
    return connection.execute(insert(table).values(**values).returning(*table.c)).one()


def _changed(connection: Connection, table: Table, row_id: int, changes: Mapping[str, Any]) -> Row[Any]:
    if not BOOKKEEPING.issuperset(changes):
        raise_revision(connection)
    row = connection.execute(
        update(table).where(table.c.id == row_id).values(**changes).returning(*table.c)
    ).one_or_none()
    if row is None:
        raise NotFound("There is none with the id %(row_id)s in %(name)s.", row_id=row_id, name=table.name)
    return row
