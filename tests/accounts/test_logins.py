"""Who has that name and password."""

import statistics
import time

import pytest
from argon2 import PasswordHasher

from app.accounts.credentials import Basic
from app.accounts.passwords import Passwords
from app.accounts.service import Accounts
from app.core.errors import InvalidInput, Unauthorized, Unavailable
from app.storage.sql.accounts import SqlAccountStore
from tests.fakes import StoppedClock

HERE = "127.0.0.1"
LONG = "a token of thirty-two characters."


class CountingPasswords(Passwords):
    """Tells how often it was asked."""

    verified = 0

    def verify(self, stored, password):
        self.verified += 1
        return super().verify(stored, password)


def guess(accounts: Accounts, name: str = "viewer", address: str = HERE, times: int = 1) -> None:
    """Try wrong passwords."""
    for number in range(times):
        with pytest.raises(Unauthorized):
            accounts.by_password(name, f"wrong {number}", address)


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_password_leads_to_the_user(people: Accounts, role: str):
    """With the permissions of the role, and a sender for those who may ingest."""
    principal = people.by_password(role, f"{role}'s", HERE)

    assert (principal.name, principal.role) == (role, role)
    assert principal.may("read")
    assert principal.may("ingest") == (principal.sender_id is not None) == (role != "viewer")
    assert principal.may("admin") == (role == "admin")


@pytest.mark.parametrize(
    "name", ["nobody", "ADMIN", "admin ", "admin\0", "ａｄｍｉｎ", "' OR 1=1--", "", "x" * 10_000, "\ud800"]
)
def test_look_alikes_are_nobody(people: Accounts, name: str):
    """Even with the right password, and the answer does not tell why."""
    with pytest.raises(Unauthorized) as refusal:
        people.by_password(name, "admin's", HERE)
    with pytest.raises(Unauthorized) as plain:
        people.by_password("admin", "wrong", HERE)

    assert refusal.value.detail == plain.value.detail


@pytest.mark.statement(15)
def test_an_unknown_user_takes_as_long_as_a_known_one(store: SqlAccountStore, clock: StoppedClock):
    """Whether a name exists can't be told by the time of the answer: both are as much work."""
    accounts = Accounts(store, clock, Passwords(PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1)))
    accounts.users.create("known", "secret", "viewer")

    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(18):  # in turn, so that what is done once weighs on neither
        name = ("known", "unknown")[number % 2]
        began = time.thread_time()
        guess(accounts, name, address=f"10.0.0.{number}")
        times[name].append((time.thread_time() - began) * 1_000)

    known, unknown = map(statistics.median, times.values())
    assert known > 0.5
    assert abs(known - unknown) < known / 2


@pytest.mark.statement(15)
def test_ten_wrong_passwords_are_enough(people: Accounts):
    """The eleventh try within the minute is not looked at, right or wrong; others are."""
    guess(people, times=10)

    with pytest.raises(Unavailable) as pause:
        people.by_password("viewer", "viewer's", HERE)

    assert pause.value.code == "rate_limited"
    assert 1_000 <= pause.value.retry_after_ms <= 60_000
    assert people.by_password("viewer", "viewer's", "10.0.0.1").name
    assert people.by_password("operator", "operator's", HERE).name


def test_spellings_of_a_name_share_their_tries(people: Accounts):
    """Else a capital letter would buy ten more."""
    guess(people, "viewer", times=5)
    guess(people, "VIEWER", times=5)

    with pytest.raises(Unavailable):
        people.by_password("viewer", "viewer's", HERE)


@pytest.mark.statement(15)
def test_thirty_wrong_passwords_of_an_address_are_enough(people: Accounts):
    """Whatever the names: trying one password on everybody is guessing too."""
    for number in range(30):
        guess(people, f"name {number}")

    for name in ("viewer", "somebody else"):
        with pytest.raises(Unavailable) as pause:
            people.by_password(name, "viewer's", HERE)
        assert pause.value.code == "rate_limited"
    assert people.by_password("viewer", "viewer's", "10.0.0.1").name


def test_right_passwords_do_not_count(people: Accounts):
    """A program may send them with every request."""
    for _ in range(20):
        assert people.by_password("viewer", "viewer's", HERE).name


def test_a_right_password_is_remembered_for_a_minute(store: SqlAccountStore, clock: StoppedClock):
    """Argon2 runs once, not once a call; and again when the minute is over or an account has changed."""
    passwords = CountingPasswords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts = Accounts(store, clock, passwords)
    user = accounts.users.create("zoe", "secret", "viewer")

    def verified() -> int:
        accounts.by_password("zoe", "secret", HERE)
        return passwords.verified

    assert [verified(), verified()] == [1, 1]
    clock.advance(60_000)
    assert [verified(), verified()] == [2, 2]
    store.change_user(user.id, {"role": "operator"})
    assert [verified(), verified()] == [3, 3]
    assert accounts.by_password("zoe", "secret", HERE).role == "operator"


def test_a_new_password_ends_the_old_one_at_once(people: Accounts):
    """However fresh it is remembered."""
    principal = people.by_password("viewer", "viewer's", HERE)

    people.users.set_password(people.users.named("viewer").id, "new")

    guess(people)
    with pytest.raises(Unauthorized):
        people.by_password("viewer", "viewer's", HERE)
    assert people.by_password("viewer", "new", HERE).name
    assert not people.still_valid(principal)


@pytest.mark.statement(5)
def test_a_hash_is_made_anew_when_parameters_rise(people: Accounts, store: SqlAccountStore, clock: StoppedClock):
    """At the login, as only then the password is known."""
    before = people.users.named("viewer").password_hash
    stronger = Accounts(store, clock, Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)))

    stronger.by_password("viewer", "viewer's", HERE)

    after = people.users.named("viewer").password_hash
    assert "t=1" in before
    assert "t=2" in after
    assert stronger.by_password("viewer", "viewer's", HERE).name


def test_a_too_long_password_is_bad_input_to_people_and_wrong_from_programs(people: Accounts):
    """400 in the form, 401 to a header."""
    with pytest.raises(InvalidInput):
        people.by_password("viewer", "x" * 1_025, HERE)
    with pytest.raises(Unauthorized):
        people.identify(Basic("viewer", "x" * 1_025), HERE)
