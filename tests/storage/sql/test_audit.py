"""The audit log in SQL, on each database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.errors import Conflict, Unavailable
from app.storage.base_audit import AuditEntry, AuditFilter
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.audit import SqlAuditStore
from app.storage.sql.database import Database

LINE = AuditEntry(
    at=5,
    actor_kind="user",
    actor_id=1,
    actor="zoe",
    address="10.0.0.1",
    agent="a browser",
    action="rule.change",
    kind="rule",
    object_id="7",
    name="50% off",
    before='{"enabled":true}',
    after='{"enabled":false}',
)
ALL = AuditFilter()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    opened = Database(database_url, readers=2)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> SqlAuditStore:
    """The log of it."""
    return SqlAuditStore(database)


def test_a_line_comes_back_as_it_was_added(store: SqlAuditStore):
    """Newest first, page by page."""
    for at in (5, 6, 7):
        store.add(replace(LINE, at=at))

    found = store.entries(ALL, limit=2)

    assert [replace(one, id=0) for one in found] == [replace(LINE, at=7), replace(LINE, at=6)]
    assert [one.at for one in store.entries(ALL, before=found[-1].id)] == [5]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (ALL, 2),
        (AuditFilter(actor="zoe"), 1),
        (AuditFilter(actor="zo"), 0),
        (AuditFilter(actions=("rule.change", "login")), 2),
        (AuditFilter(actions=("login",)), 1),
        (AuditFilter(kind="rule"), 1),
        (AuditFilter(kind="rule", object_id="8"), 0),
        (AuditFilter(from_ms=6), 1),
        (AuditFilter(to_ms=6), 1),
        (AuditFilter(q="0% O"), 1),
        (AuditFilter(q="0_O"), 0),
        (AuditFilter(q="enabled"), 1),
        (AuditFilter(q="10.0.0"), 2),
    ],
)
def test_lines_are_found_by_each_of_their_parts(store: SqlAuditStore, wanted: AuditFilter, count: int):
    """By who, what, to which, when, and by any text in them as it stands."""
    store.add(LINE)
    store.add(AuditEntry(at=6, actor_kind="user", actor="bob", action="login", address="10.0.0.2"))

    assert len(store.entries(wanted)) == count
    assert store.actors() == ["bob", "zoe"]


@pytest.mark.statement(48)
@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_nobody_changes_or_removes_a_line(database: Database, store: SqlAuditStore, statement: str):
    """Not even who has the database in hand; the line is there as it was."""
    store.add(LINE)

    with pytest.raises(DBAPIError, match="neither changed nor removed"):
        database.write(lambda connection: connection.execute(text(statement)))

    assert [one.actor for one in store.entries(ALL)] == ["zoe"]


def test_what_is_done_together_is_done_whole_or_not_at_all(database: Database, store: SqlAuditStore):
    """A change whose line can't be written is none, and a line whose change fails is none; both see one another."""
    accounts = SqlAccountStore(database)
    rung: list[str] = []

    def add(name: str) -> None:
        accounts.add_user(name, name, password_hash="hash", role="viewer", at_ms=5)
        database.afterwards(lambda: rung.append(name))

    def failing(error: Exception) -> None:
        add("bob")
        store.add(LINE)
        assert [user.username for user in accounts.users()] == ["bob"]
        assert len(store.entries(ALL)) == 1
        assert not rung
        raise error

    for error in (Conflict("It can't be."), Unavailable("storage_full")):
        with pytest.raises(type(error)):
            store.together(lambda error=error: failing(error))  # type: ignore[misc]
    assert (accounts.users(), store.entries(ALL), rung) == ([], [], [])

    def twice() -> None:
        add("zoe")
        with pytest.raises(Conflict):
            add("zoe")
        store.together(lambda: store.add(LINE))

    store.together(twice)

    assert [user.username for user in accounts.users()] == ["zoe"]
    assert (len(store.entries(ALL)), rung) == (1, ["zoe"])
