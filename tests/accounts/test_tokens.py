"""The text of tokens."""

import pytest

from app.accounts import tokens
from app.accounts.credentials import Bearer
from app.accounts.service import Accounts
from app.accounts.throttle import WRONG_TOKENS
from app.core.errors import Unauthorized, Unavailable

HERE = "2001:db8::ffff"


@pytest.mark.statement(7)
def test_tokens_are_random_and_long():
    """256 bits behind the mark, never the same twice."""
    made = {tokens.generate() for _ in range(100)}

    assert len(made) == 100
    assert all(token.startswith("sw_") and len(token) == 46 for token in made)


def test_only_the_token_matches_its_digest():
    """One character less is another token."""
    token = tokens.generate()

    assert tokens.matches(token, tokens.digest(token))
    assert not tokens.matches(token[:-1], tokens.digest(token))


@pytest.mark.statement(7)
def test_the_prefix_gives_little_away():
    """Four characters after the mark, or four of a token without one."""
    assert tokens.prefix("sw_abcdefgh") == "sw_abcd"
    assert tokens.prefix("abcdefgh") == "abcd"


@pytest.mark.statement(15)
def test_wrong_tokens_of_an_address_are_slowed_down(accounts: Accounts):
    """Beyond so many they are not looked at, right or wrong, but for those that were right lately; others go on."""
    known, fresh = (accounts.tokens.create(name, "read")[1] for name in ("known", "fresh"))
    assert accounts.identify(Bearer(known), HERE).name == "known"
    for number in range(WRONG_TOKENS):
        with pytest.raises(Unauthorized):
            accounts.identify(Bearer(f"{number}"), f"2001:db8::{number:x}")

    for text in ("wrong", fresh):
        with pytest.raises(Unavailable) as pause:
            accounts.identify(Bearer(text), HERE)
        assert pause.value.code == "rate_limited"
        assert 1_000 <= pause.value.retry_after_ms <= 60_000
    assert accounts.identify(Bearer(known), HERE).name == "known"
    assert accounts.identify(Bearer(fresh), "2001:db8:1::1").name == "fresh"
    accounts.tokens.revoke(next(one.id for one in accounts.tokens.all() if one.name == "known"))
    with pytest.raises(Unauthorized):
        accounts.identify(Bearer(known), HERE)
    with pytest.raises(Unavailable):
        accounts.identify(Bearer(known), HERE)
