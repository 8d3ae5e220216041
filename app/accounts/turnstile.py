"""Who is asking, for pages, API and sockets alike; the caller waits, also on the loop, and holds up nobody else.

Passwords are verified one at a time in a lane of their own: a flood of wrong ones fills its short queue, and no thread
that others read with.
"""

from typing import Final

from app.accounts.credentials import Basic, Bearer
from app.accounts.lane import Lane
from app.accounts.principals import Principal
from app.accounts.service import Accounts
from app.runtime.base import Runtime

WAITING: Final = 16
"""Passwords that may wait for their turn; a hash takes some 40 ms."""


class Turnstile:
    """The one way from credentials to a principal; raises what `Accounts` does, and `Unavailable` (`busy`)."""

    def __init__(self, accounts: Accounts, runtime: Runtime) -> None:
        self._accounts = accounts
        self._runtime = runtime
        self._passwords = Lane("passwords", WAITING)

    def identify(self, credentials: Bearer | Basic, address: str) -> Principal:
        """See `Accounts.identify`."""
        found = self._runtime.call(self._accounts.recognise, credentials, address)
        return found or self._runtime.wait(self._passwords.submit(self._accounts.identify, credentials, address))

    def log_in(self, name: str, password: str, address: str) -> Principal:
        """See `Accounts.log_in`."""
        # Who has no guesses left must not stand in the queue.
        self._runtime.call(self._accounts.recognise, Basic(name, password), address)
        return self._runtime.wait(self._passwords.submit(self._accounts.log_in, name, password, address))

    def by_session(self, user_id: int, session_version: int) -> Principal | None:
        """See `Accounts.by_session`."""
        return self._runtime.call(self._accounts.by_session, user_id, session_version)

    def anonymous(self) -> Principal:
        """See `Accounts.anonymous`."""
        return self._runtime.call(self._accounts.anonymous)
