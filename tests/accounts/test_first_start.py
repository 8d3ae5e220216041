"""What the first start makes."""

import re
from dataclasses import replace

import pytest

from app.accounts.first_start import first_start
from app.accounts.roles import SCOPES
from app.accounts.service import Accounts
from app.core.errors import InvalidInput
from config import Settings
from tests.accounts.door import audit_of
from tests.fakes import StoppedClock

HERE = "127.0.0.1"


@pytest.fixture
def bare(settings: Settings) -> Settings:
    """Settings without any credentials."""
    return replace(settings, admin_password="", ingest_token="", read_token="")


@pytest.mark.statement(3)
def test_credentials_are_made_up_and_told(accounts: Accounts, bare: Settings):
    """What is printed lets in: an admin, and a token that ingests as `default`."""
    lines = "\n".join(first_start(accounts, audit_of(accounts, StoppedClock()), bare))

    password = re.search(r"Log in as admin, password (\S+)", lines)
    token = re.search(r"token (sw_\S+)", lines)
    assert password
    assert token
    assert accounts.by_password("admin", password[1], HERE).role == "admin"
    principal = accounts.by_token(token[1])
    assert principal
    assert (principal.name, principal.permissions) == ("default", SCOPES["ingest"])


def test_given_credentials_are_taken_and_not_told(accounts: Accounts, settings: Settings):
    """The operator knows them; a log need not."""
    lines = "\n".join(first_start(accounts, audit_of(accounts, StoppedClock()), settings))

    assert accounts.by_password("admin", settings.admin_password, HERE).role == "admin"
    ingest, read = accounts.by_token(settings.ingest_token), accounts.by_token(settings.read_token)
    assert ingest
    assert read
    assert (ingest.permissions, read.permissions) == (SCOPES["ingest"], SCOPES["read"])
    for secret in (settings.admin_password, settings.ingest_token, settings.read_token):
        assert secret not in lines


@pytest.mark.parametrize("given", [True, False])
def test_later_starts_change_nothing(accounts: Accounts, settings: Settings, bare: Settings, given: bool):
    """Neither a second admin, nor a second token, nor a line."""
    first_start(accounts, audit_of(accounts, StoppedClock()), settings if given else bare)
    revision = accounts.revision()

    assert first_start(accounts, audit_of(accounts, StoppedClock()), settings if given else bare) == []
    assert accounts.revision() == revision


def test_a_changed_admin_password_is_for_the_first_start_alone(accounts: Accounts, settings: Settings):
    """Else an old environment would undo what the admin has changed."""
    first_start(accounts, audit_of(accounts, StoppedClock()), settings)

    assert (
        first_start(accounts, audit_of(accounts, StoppedClock()), replace(settings, admin_password="another one")) == []
    )
    assert accounts.by_password("admin", settings.admin_password, HERE).name


def test_a_new_ingest_token_joins_the_old_one(accounts: Accounts, settings: Settings):
    """As a second token of the same sender, so that the jobs stay with it."""
    first_start(accounts, audit_of(accounts, StoppedClock()), settings)
    newer = replace(settings, ingest_token="another token, again of 32 characters")

    assert first_start(accounts, audit_of(accounts, StoppedClock()), newer) == ["The token of INGEST_TOKEN is accepted"]
    old, new = accounts.by_token(settings.ingest_token), accounts.by_token(newer.ingest_token)
    assert old
    assert new
    assert old.sender_id == new.sender_id


def test_a_revoked_token_stays_revoked(accounts: Accounts, settings: Settings):
    """Though the environment still names it."""
    first_start(accounts, audit_of(accounts, StoppedClock()), settings)
    for token in accounts.tokens.all():
        accounts.tokens.revoke(token.id)

    assert first_start(accounts, audit_of(accounts, StoppedClock()), settings) == []
    assert accounts.by_token(settings.ingest_token) is None


def test_an_impossible_admin_name_is_told(accounts: Accounts, settings: Settings):
    """With the field at fault."""
    with pytest.raises(InvalidInput) as refusal:
        first_start(accounts, audit_of(accounts, StoppedClock()), replace(settings, admin_username="a:b"))

    assert refusal.value.field == "username"
