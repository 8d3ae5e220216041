"""A flood of wrong passwords, and everyone else."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from itertools import islice

import pytest
from argon2 import PasswordHasher

from app.accounts.actors import Origin
from app.accounts.credentials import Basic, Bearer
from app.accounts.passwords import Passwords
from app.accounts.principals import Principal
from app.accounts.service import Accounts
from app.accounts.sessions import Holder
from app.accounts.turnstile import WAITING, Turnstile
from app.core.errors import ScrapewatchError, Unavailable
from app.runtime.threading import ThreadingRuntime
from app.storage.sql.accounts import SqlAccountStore
from tests.accounts.door import audit_of
from tests.fakes import StoppedClock

PATIENCE_S = 30
FLOOD = WAITING + 5


class HeldPasswords(Passwords):
    """Hashes that come to no end before the gate opens."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        self.gate = threading.Event()
        self.begun = threading.Event()

    def verify(self, stored, password):
        self.begun.set()
        assert self.gate.wait(PATIENCE_S)
        return super().verify(stored, password)


class OneReader(ThreadingRuntime):
    """Lends a single thread to all that blocks, as eventlet lends a few."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(1)

    def call(self, work, *args, **kwargs):
        return self._pool.submit(work, *args, **kwargs).result(PATIENCE_S)


@pytest.fixture
def passwords():
    return HeldPasswords()


@pytest.fixture
def accounts(store: SqlAccountStore, clock: StoppedClock, passwords: HeldPasswords):
    made = Accounts(store, clock, passwords)
    made.users.create("zoe", "secret", "viewer")
    return made


@pytest.mark.statement(6)
def test_a_flood_of_wrong_passwords_holds_no_reader(accounts: Accounts, passwords: HeldPasswords):
    """Beyond a short queue it is told to come back; tokens, sessions and remembered passwords pass meanwhile."""
    turnstile = Turnstile(accounts, audit_of(accounts, StoppedClock()), OneReader())
    _, token = accounts.tokens.create("shop", "read")
    user = accounts.users.named("zoe")
    _, key = accounts.begin(user.id, Origin("10.0.0.1"))
    passwords.gate.set()
    turnstile.identify(Basic("zoe", "secret"), Origin("10.0.0.1"))
    passwords.gate.clear()
    passwords.begun.clear()

    with ThreadPoolExecutor(FLOOD) as flood:
        tries = [flood.submit(turnstile.identify, Basic("zoe", f"{n}"), Origin(f"10.1.0.{n}")) for n in range(FLOOD)]
        assert passwords.begun.wait(PATIENCE_S)
        passed = [
            turnstile.identify(Bearer(token), Origin("10.0.0.1")).name,
            turnstile.identify(Basic("zoe", "secret"), Origin("10.0.0.1")).name,
            turnstile.by_session(Holder(user.id, user.session_version, key), Origin("10.0.0.1")),
        ]
        turned_away = [outcome(one) for one in islice(as_completed(tries, PATIENCE_S), FLOOD - WAITING - 1)]
        still_held = not passwords.gate.is_set()
        passwords.gate.set()

    assert still_held
    assert passed[:2] == ["shop", "zoe"]
    assert passed[2]
    assert turned_away == ["busy"] * (FLOOD - WAITING - 1)
    assert sorted(map(outcome, tries)) == turned_away + ["unauthorized"] * (WAITING + 1)


def test_who_has_no_guesses_left_does_not_queue(accounts: Accounts, passwords: HeldPasswords):
    """Neither by header nor by the form."""
    turnstile = Turnstile(accounts, audit_of(accounts, StoppedClock()), OneReader())
    passwords.gate.set()
    for number in range(10):
        with pytest.raises(ScrapewatchError):
            turnstile.log_in("zoe", f"wrong {number}", Origin("10.0.0.1"))
    passwords.gate.clear()

    for attempt in (
        lambda: turnstile.identify(Basic("zoe", "secret"), Origin("10.0.0.1")),
        lambda: turnstile.log_in("zoe", "secret", Origin("10.0.0.1")),
    ):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.code == "rate_limited"


def outcome(future: "Future[Principal]") -> str:
    """The code of what went wrong."""
    error = future.exception(PATIENCE_S)
    return str(getattr(error, "code", error))
