"""``flask user``, as an operator types it."""

import json
import re

import pytest

from app.accounts.service import Accounts
from app.core.errors import Unauthorized
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.cli.conftest import Run

HERE = "127.0.0.1"


@pytest.fixture
def accounts(sqlite_url: str):
    """What the server sees of the same database."""
    database = Database(sqlite_url, readers=1)
    yield Accounts(SqlAccountStore(database))
    database.close()


def test_a_user_is_created_listed_and_lets_in(flask: Run, accounts: Accounts):
    """With the role asked for, `viewer` if none was."""
    created = flask("user", "create", "zoe", "--role", "operator", "--password", "secret")
    flask("user", "create", "bob", "--password", "secret")

    assert (created.exit_code, created.stdout) == (0, "zoe can log in as operator.\n")
    assert accounts.by_password("zoe", "secret", HERE).role == "operator"
    listed = json.loads(flask("user", "list", "--json").stdout)
    assert [(user["username"], user["role"], user["disabled"]) for user in listed] == [
        ("bob", "viewer", False),
        ("zoe", "operator", False),
    ]
    assert "hash" not in str(listed)


def test_the_list_is_a_table(flask: Run, sqlite_url: str):
    """A head, then a line a user; nothing at all without users."""
    assert flask("user", "list").stdout == ""
    flask("user", "create", "zoe", "--password", "secret")

    head, line = flask("user", "list").stdout.splitlines()

    assert head.split() == ["id", "username", "role", "disabled", "state", "createdAt", "lastLoginAt"]
    assert line.split()[1:4] == ["zoe", "viewer", "no"]


def test_a_password_is_changed(flask: Run, accounts: Accounts):
    """The old one is worth nothing."""
    flask("user", "create", "zoe", "--password", "old")

    assert flask("user", "passwd", "zoe", "--password", "new").exit_code == 0
    assert accounts.by_password("zoe", "new", HERE).name
    with pytest.raises(Unauthorized):
        accounts.by_password("zoe", "old", HERE)


def test_a_password_may_come_from_standard_input(flask: Run, accounts: Accounts):
    """Its first line, so that no list of processes shows it; for a new user and for a change alike."""
    assert flask("user", "create", "zoe", "--password", "-", typed="seven seas\n").exit_code == 0
    assert accounts.by_password("zoe", "seven seas", HERE).name

    assert flask("user", "passwd", "zoe", "--password", "-", typed="other waters\r\n").exit_code == 0
    assert accounts.by_password("zoe", "other waters", HERE).name


def test_a_user_is_shut_out_and_let_back_in(flask: Run, accounts: Accounts):
    """`--undo` is the way back."""
    flask("user", "create", "zoe", "--password", "secret")

    assert flask("user", "disable", "ZOE").stdout == "zoe is shut out.\n"
    with pytest.raises(Unauthorized):
        accounts.by_password("zoe", "secret", HERE)
    assert flask("user", "disable", "zoe", "--undo").exit_code == 0
    assert accounts.by_password("zoe", "secret", HERE).name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "zoe", "--password", "x"), "There is a user called zoe already."),
        (("create", "a:b", "--password", "x"), "A name has 1 to 100 visible characters"),
        (("passwd", "nobody", "--password", "x"), "There is no user called nobody."),
        (("disable", "zoe"), "This is the last admin"),
    ],
)
def test_errors_are_one_line_on_stderr(flask: Run, sqlite_url: str, words: tuple[str, ...], told: str):
    """And the exit code is 1."""
    flask("user", "create", "zoe", "--role", "admin", "--password", "secret")

    failed = flask("user", *words)

    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith(f"Error: {told}")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("create",), ("create", "zoe", "--role", "root"), ("create", "zoe"), ("passwd", "zoe")]
)
def test_wrong_usage_is_exit_code_2(flask: Run, sqlite_url: str, words: tuple[str, ...]):
    """A password left out too where there is no terminal to ask on: a script must not hang."""
    flask("user", "create", "bob", "--password", "secret")

    assert flask("user", *words).exit_code == (1 if words == ("passwd", "zoe") else 2)
    assert flask("user", "passwd", "bob").exit_code == 2


def test_the_password_is_asked_for_on_a_terminal(flask: Run, accounts: Accounts, monkeypatch: pytest.MonkeyPatch):
    """Twice, and unseen."""
    monkeypatch.setattr("app.cli.users._on_terminal", lambda: True)

    created = flask("user", "create", "zoe", typed="secret\nsecret\n")

    assert created.exit_code == 0
    assert "secret" not in created.output
    assert accounts.by_password("zoe", "secret", HERE).name


def test_a_database_without_the_schema_is_told(flask: Run):
    """With the command that helps."""
    failed = flask("user", "list")

    assert failed.exit_code == 1
    assert "flask --app wsgi db upgrade" in failed.stderr


def test_somebody_is_invited_by_a_link(flask: Run, accounts: Accounts):
    """The link alone stands on standard output; the user is invited and can't log in so far."""
    made = flask("user", "invite", "ann", "--role", "operator")

    assert re.fullmatch(r"http://\S+/invitation\?name=ann#[\w-]{43}\n", made.stdout)
    assert [(user.username, user.role, user.password_hash) for user in accounts.users.all()] == [
        ("ann", "operator", "")
    ]
    assert flask("user", "invite", "ANN").exit_code == 1
