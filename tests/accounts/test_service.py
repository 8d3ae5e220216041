"""Users and tokens over a real database."""

import threading
from itertools import combinations

import pytest

from app.accounts.actors import NOWHERE
from app.accounts.credentials import Bearer
from app.accounts.roles import SCOPES
from app.accounts.service import Accounts
from app.accounts.sessions import Holder
from app.core.errors import Conflict, InvalidInput, NotFound, Unauthorized, Unavailable
from app.storage.base_accounts import Token
from app.storage.sql.accounts import SqlAccountStore
from tests.fakes import StoppedClock

HERE = "127.0.0.1"
LONG = "a token of thirty-two characters."
PATIENCE_S = 30


def written(accounts: Accounts) -> None:
    """Wait until every note is."""
    accounts.notes.lane.submit(int).result(PATIENCE_S)


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a:b", "a\nb", "a\0b", "x" * 101, "(server)", "(SERVER)", "（server）"]
)
def test_names_that_can_not_be_typed_or_are_ours_are_refused(accounts: Accounts, name: str):
    """Of users and senders alike."""
    with pytest.raises(InvalidInput) as of_user:
        accounts.users.create(name, "secret", "viewer")
    with pytest.raises(InvalidInput) as of_token:
        accounts.tokens.create(name, "read")

    assert (of_user.value.field, of_token.value.field) == ("username", "name")


@pytest.mark.parametrize("twin", ["zoe", "ZOE", "ｚｏｅ"])
def test_two_users_can_not_look_the_same(accounts: Accounts, twin: str):
    """Case and width make no other person."""
    accounts.users.create("zoe", "secret", "viewer")

    with pytest.raises(Conflict):
        accounts.users.create(twin, "secret", "viewer")


def test_words_outside_the_lists_are_refused(people: Accounts):
    """Role and scope, each naming its field."""
    for field, attempt in {
        "role": lambda: people.users.create("zoe", "secret", "root"),
        "scope": lambda: people.tokens.create("a", "write"),
    }.items():
        with pytest.raises(InvalidInput) as refusal:
            attempt()
        assert refusal.value.field == field


def test_the_last_admin_stays(people: Accounts):
    """Nobody can lock everybody out; with another admin it is fine."""
    admin = people.users.named("admin")
    with pytest.raises(Conflict):
        people.users.disable(admin.id)

    people.users.create("zoe", "secret", "admin")

    assert people.users.disable(admin.id).disabled


def test_a_disabled_user_is_out_at_once_and_can_come_back(people: Accounts):
    """By password, by session, and where a socket asks."""
    user = people.users.named("viewer")
    principal, key = people.begin(user.id, NOWHERE)

    people.users.disable(user.id)

    with pytest.raises(Unauthorized):
        people.by_password("viewer", "viewer's", HERE)
    assert people.by_session(Holder(user.id, user.session_version + 1, key)) is None
    assert not people.still_valid(principal)
    people.users.enable(user.id)
    assert people.by_password("viewer", "viewer's", HERE).name


@pytest.mark.statement(10)
def test_a_changed_role_ends_what_was_allowed_before(people: Accounts, store: SqlAccountStore):
    """A socket opened as operator does not outlive the role."""
    principal = people.by_password("operator", "operator's", HERE)
    assert people.still_valid(principal)

    store.change_user(people.users.named("operator").id, {"role": "viewer"})

    assert not people.still_valid(principal)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.statement(8)
def test_a_token_may_what_its_scope_says(accounts: Accounts, scope: str):
    """`operate` includes `read` and `ingest`, `admin` all; `ingest` and `read` stand alone."""
    allowed = {
        "ingest": {"ingest"},
        "read": {"read"},
        "operate": {"read", "ingest", "operate"},
        "admin": {"read", "ingest", "operate", "admin"},
    }
    _, text = accounts.tokens.create("shop", scope)

    principal = accounts.identify(Bearer(text), HERE)

    assert principal.permissions == allowed[scope]
    assert (principal.sender_id is not None) == principal.may("ingest")


def test_tokens_of_one_name_are_one_sender(accounts: Accounts):
    """So a token can be replaced without orphaning its jobs; another name is another sender."""
    texts = [accounts.tokens.create(name, "ingest")[1] for name in ("shop", "shop", "other")]

    senders = [accounts.identify(Bearer(text), HERE).sender_id for text in texts]

    assert senders[0] == senders[1] != senders[2]


@pytest.mark.parametrize("token", ["", "unknown", "x" * 100_000, "\ud800", "\0"])
def test_unknown_tokens_are_nobody(accounts: Accounts, token: str):
    """Whatever was sent."""
    assert accounts.by_token(token) is None


def test_a_token_ends_by_expiry(accounts: Accounts, clock: StoppedClock):
    """To the millisecond, for requests and for open sockets."""
    _, text = accounts.tokens.create("shop", "read", expires_at=clock.now_ms() + 1_000)
    principal = accounts.identify(Bearer(text), HERE)
    clock.advance(999)
    assert accounts.still_valid(principal)

    clock.advance(1)

    assert accounts.by_token(text) is None
    assert not accounts.still_valid(principal)


def test_a_token_ends_by_revocation(accounts: Accounts, clock: StoppedClock):
    """Twice does no harm and keeps the first time; an unknown one is told."""
    token, text = accounts.tokens.create("shop", "read")
    principal = accounts.identify(Bearer(text), HERE)
    revoked = accounts.tokens.revoke(token.id)
    clock.advance(5)

    assert accounts.tokens.revoke(token.id) == revoked
    assert accounts.by_token(text) is None
    assert not accounts.still_valid(principal)
    with pytest.raises(NotFound):
        accounts.tokens.revoke(99)


def test_given_tokens_are_long_enough_and_unique(accounts: Accounts):
    """A guessable token would be a password without a throttle."""
    accounts.tokens.create("shop", "read", token=LONG)

    with pytest.raises(InvalidInput):
        accounts.tokens.create("shop", "read", token="short")
    with pytest.raises(Conflict):
        accounts.tokens.create("shop", "admin", token=LONG)
    with pytest.raises(InvalidInput):
        accounts.tokens.create("shop", "read", expires_at=0)


def test_the_use_of_a_token_is_noted_to_the_minute(accounts: Accounts, clock: StoppedClock):
    """A write a request would cost more than it tells; and it is no change of the account."""
    token, text = accounts.tokens.create("shop", "read")
    revision = accounts.revision()

    def noted() -> int | None:
        assert accounts.by_token(text)
        written(accounts)
        return accounts.tokens.all()[0].last_used_at

    first = noted()
    assert first == clock.now_ms()
    clock.advance(59_999)
    assert noted() == first
    clock.advance(1)
    assert noted() == clock.now_ms()
    assert accounts.revision() == revision
    assert token.last_used_at is None


def test_nobody_waits_for_a_note(
    accounts: Accounts, store: SqlAccountStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A writer that is stuck, or a note that fails, holds nobody up; the log tells the failure."""
    _, text = accounts.tokens.create("shop", "read")
    gate = threading.Event()

    def stuck(*_: object) -> Token:
        assert gate.wait(PATIENCE_S)
        raise Unavailable("storage_down")

    monkeypatch.setattr(store, "change_token", stuck)

    assert accounts.by_token(text)
    gate.set()
    written(accounts)
    assert "could not be noted: storage_down" in caplog.text


def test_every_change_raises_the_revision(accounts: Accounts):
    """That is how other processes and open sockets hear of it."""
    revisions = [accounts.revision()]

    def changed(*_: object) -> None:
        revisions.append(accounts.revision())

    user = accounts.users.create("zoe", "secret", "viewer")
    changed()
    changed(accounts.users.set_password(user.id, "other"))
    changed(accounts.users.disable(user.id))
    changed(accounts.users.enable(user.id))
    changed(accounts.users.end_sessions(user.id))
    token, _ = accounts.tokens.create("shop", "read")
    changed()
    changed(accounts.tokens.revoke(token.id))

    assert all(before < after for before, after in combinations(revisions, 2))


def test_nobody_in_particular_may_send_and_read_as_the_default_sender(accounts: Accounts):
    """Where sockets need no credentials."""
    principal = accounts.anonymous()

    assert principal.permissions == {"read", "ingest"}
    assert principal.sender_id == accounts.tokens.create("default", "ingest")[0].sender_id
    assert accounts.still_valid(principal)
