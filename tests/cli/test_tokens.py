"""``flask token``, as an operator types it."""

import json

import pytest

from app.accounts.roles import SCOPES
from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.cli.conftest import Run


@pytest.fixture
def accounts(sqlite_url: str):
    """What the server sees of the same database."""
    database = Database(sqlite_url, readers=1)
    yield Accounts(SqlAccountStore(database))
    database.close()


def test_a_token_is_printed_once(flask: Run, accounts: Accounts):
    """Alone on standard output, so that a script can take it; never again after that."""
    created = flask("token", "create", "shop")
    text = created.stdout.strip()

    assert created.exit_code == 0
    principal = accounts.by_token(text)
    assert principal
    assert (principal.name, principal.permissions) == ("shop", SCOPES["ingest"])
    listed = flask("token", "list", "--json").stdout
    assert text not in listed
    [token] = json.loads(listed)
    assert (token["name"], token["scope"], token["expiresAt"], token["revokedAt"]) == ("shop", "ingest", None, None)
    assert text.startswith(token["prefix"])


def test_a_token_is_revoked(flask: Run, accounts: Accounts):
    """By the id of the list."""
    text = flask("token", "create", "shop", "--scope", "read").stdout.strip()
    [token] = accounts.tokens.all()

    assert flask("token", "revoke", str(token.id)).stdout == f"Token {token.id} of shop is revoked.\n"
    assert accounts.by_token(text) is None


def test_a_token_is_taken_from_some_addresses(flask: Run, accounts: Accounts):
    """By options when it is made, by arguments afterwards; from anywhere only where that is said."""
    flask("token", "create", "shop", "--allow", "10.0.0.0/8", "--allow", "::1")
    [token] = accounts.tokens.all()
    assert (token.allowed, (token.created_by or "").startswith("cli:")) == (("10.0.0.0/8", "::1/128"), True)

    changed = flask("token", "allow", str(token.id), "192.0.2.7").stdout
    assert changed == f"Token {token.id} of shop is taken from 192.0.2.7/32.\n"
    for words in ((), ("--anywhere", "10.0.0.0/8")):
        refused = flask("token", "allow", str(token.id), *words)
        assert (refused.exit_code, "--anywhere alone" in refused.stderr) == (2, True)
    assert accounts.tokens.get(token.id).allowed == ("192.0.2.7/32",)

    assert flask("token", "allow", str(token.id), "--anywhere").stdout.endswith("is taken from anywhere.\n")
    assert accounts.tokens.get(token.id).allowed == ()


@pytest.mark.parametrize(("expires", "hours"), [("12h", 12), ("90d", 90 * 24)])
def test_a_token_may_end_after_a_while(flask: Run, accounts: Accounts, expires: str, hours: int):
    """Counted from now."""
    before = CLOCK.now_ms()
    flask("token", "create", "shop", "--expires", expires)
    after = CLOCK.now_ms()

    [token] = accounts.tokens.all()

    assert token.expires_at
    assert before <= token.expires_at - hours * 3_600_000 <= after


@pytest.mark.parametrize("moment", ["2099-01-31", "2099-01-31T00:00:00Z", "2099-01-31T01:00:00+01:00"])
def test_a_token_may_end_at_a_moment(flask: Run, accounts: Accounts, moment: str):
    """No zone means UTC."""
    flask("token", "create", "shop", "--expires", moment)

    assert [token.expires_at for token in accounts.tokens.all()] == [4_073_500_800_000]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "shop", "--expires", "soon"), 2),
        (("create", "shop", "--expires", "9" * 40 + "d"), 2),
        (("create", "shop", "--expires", "2001-01-01"), 1),
        (("create", "shop", "--scope", "write"), 2),
        (("create", ""), 1),
        (("create", "shop", "--allow", "10.0.0.1/8"), 1),
        (("revoke", "99"), 1),
        (("revoke", "shop"), 2),
    ],
)
def test_refusals(flask: Run, sqlite_url: str, words: tuple[str, ...], code: int):
    """Nothing on standard output; 1 for what can't be done, 2 for what can't be meant."""
    failed = flask("token", *words)

    assert (failed.exit_code, failed.stdout) == (code, "")
    assert failed.stderr.splitlines()[-1].startswith("Error: ")
