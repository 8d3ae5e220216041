"""Users, tokens and senders in SQL, on each database."""

from collections.abc import Iterator

import pytest

from app.core.errors import Conflict, NotFound
from app.storage.base_accounts import NewToken, Sender, Token, User
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database

DIGEST = bytes(range(32))


@pytest.fixture
def store(database_url: str) -> Iterator[SqlAccountStore]:
    """An empty store."""
    database = Database(database_url, readers=2)
    yield SqlAccountStore(database)
    database.close()


def add_user(store: SqlAccountStore, name: str = "Zoë", key: str = "zoë") -> User:
    """Store a user."""
    return store.add_user(name, key, password_hash="hash", role="viewer", at_ms=5)


def add_token(store: SqlAccountStore, name: str = "shop", digest: bytes = DIGEST) -> Token:
    """Store a token."""
    return store.add_token(NewToken(name, "read", digest, "sw_abcd"), at_ms=5)


def test_a_user_comes_back_as_stored(store: SqlAccountStore):
    """By id, by key and in the list; disabled never, logged in never."""
    user = add_user(store)

    assert user == User(user.id, user.sender_id, "Zoë", "zoë", "hash", "viewer", 1, False, 5, None, None)
    assert store.user(user.id) == store.user_by_key("zoë") == user
    assert store.users() == [user]
    assert store.user(user.id + 1) is store.user_by_key("Zoë") is None


def test_a_key_is_taken_once(store: SqlAccountStore):
    """The second attempt leaves nothing behind, the sender of its name included."""
    add_user(store)
    revision = store.revision()

    with pytest.raises(Conflict):
        add_user(store, name="ZOË")

    assert store.revision() == revision
    assert len(store.users()) == 1
    assert store.sender("ZOË", at_ms=9).created_at == 9


def test_a_token_comes_back_as_stored(store: SqlAccountStore):
    """By id, by digest and in the list, newest first."""
    token, newer = add_token(store), add_token(store, digest=bytes(32))

    assert token == Token(token.id, token.sender_id, "shop", "read", DIGEST, "sw_abcd", 5, None, None, None)
    assert store.token(token.id) == store.token_by_digest(DIGEST) == token
    assert store.tokens() == [newer, token]
    assert store.token(99) is store.token_by_digest(b"x") is None
    with pytest.raises(Conflict):
        add_token(store, name="other")


def test_a_name_is_one_sender(store: SqlAccountStore):
    """Tokens and a user of that name share it, whoever was first."""
    sender = store.sender("shop", at_ms=3)

    assert sender == Sender(sender.id, "shop", 3)
    assert store.sender("shop", at_ms=4) == sender
    assert add_token(store).sender_id == add_user(store, "shop", "shop").sender_id == sender.id
    assert add_token(store, "other", bytes(32)).sender_id != sender.id


def test_changes_touch_what_they_name(store: SqlAccountStore):
    """And nobody else; a row that is not there is told."""
    user, other = add_user(store), add_user(store, "bob", "bob")
    token = add_token(store)

    changed = store.change_user(user.id, {"role": "admin", "disabled": True, "theme": "dark"})

    assert (changed.role, changed.disabled, changed.theme, changed.username) == ("admin", True, "dark", "Zoë")
    assert store.user(other.id) == other
    assert store.change_token(token.id, {"revoked_at": 7}).revoked_at == 7
    with pytest.raises(NotFound):
        store.change_user(99, {"role": "admin"})
    with pytest.raises(NotFound):
        store.change_token(99, {"revoked_at": 7})


def test_the_revision_rises_with_what_matters(store: SqlAccountStore):
    """Each change raises it by one; the time of the last use changes nothing."""
    assert store.revision() == 0
    user, token = add_user(store), add_token(store)
    assert store.revision() == 2

    store.change_user(user.id, {"last_login_at": 6})
    store.change_token(token.id, {"last_used_at": 6})
    assert store.revision() == 2

    store.change_user(user.id, {"last_login_at": 7, "role": "admin"})
    store.change_token(token.id, {"revoked_at": 7})
    assert store.revision() == 4
