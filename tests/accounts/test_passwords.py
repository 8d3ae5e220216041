"""Password hashes."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from app.accounts.passwords import Passwords
from app.core.errors import InvalidInput
from tests.accounts.door import CHEAP


@pytest.mark.statement(5)
def test_the_default_is_argon2id_and_costly():
    """At least 19 MiB and two passes, as OWASP asks; the stored text says so."""
    parameters = extract_parameters(Passwords().hash("secret"))

    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


def test_only_the_same_password_is_right():
    """Nothing is cut off: bcrypt's 72 bytes are not ours."""
    stored = CHEAP.hash("a" * 72 + "b")

    assert CHEAP.verify(stored, "a" * 72 + "b")
    assert not CHEAP.verify(stored, "a" * 72 + "c")
    assert not CHEAP.verify(stored, "")


def test_composed_and_decomposed_text_are_the_same_password():
    """é is one character on one keyboard and two on another."""
    assert CHEAP.verify(CHEAP.hash("caf\u00e9 🔑"), "cafe\u0301 🔑")


@pytest.mark.parametrize("odd", ["\0", "\ud800", " "])
def test_odd_characters_are_characters(odd: str):
    """NUL, a lone surrogate or a space neither fail nor end the password."""
    stored = CHEAP.hash(f"a{odd}b")

    assert CHEAP.verify(stored, f"a{odd}b")
    assert not CHEAP.verify(stored, "a")


@pytest.mark.parametrize("password", ["", "x" * 1025])
def test_empty_and_endless_passwords_are_refused(password: str):
    """The limit stands before the hash, which would chew on a megabyte."""
    with pytest.raises(InvalidInput) as refusal:
        CHEAP.hash(password)

    assert refusal.value.field == "password"


def test_nobody_has_no_password():
    """The hash that stands in for unknown users is computed like any other and matches nothing."""
    assert not CHEAP.verify(None, "secret")
    assert not CHEAP.is_outdated(CHEAP._nobody)


def test_a_hash_of_weaker_parameters_is_outdated():
    """So that it is made anew at the next login."""
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))

    assert stronger.is_outdated(CHEAP.hash("secret"))
    assert not CHEAP.is_outdated(CHEAP.hash("secret"))
