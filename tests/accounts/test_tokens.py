"""The text of tokens."""

import pytest

from app.accounts import tokens


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
