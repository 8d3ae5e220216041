"""Who is asking, for pages, API and sockets alike; the caller waits, also on the loop, and holds up nobody else.

Passwords are verified one at a time in a lane of their own: a flood of wrong ones fills its short queue, and no thread
that others read with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.accounts.actors import Origin, nobody, of
from app.accounts.audit import NOTHING, Audit, Thing
from app.accounts.credentials import Basic, Bearer
from app.accounts.lane import Lane
from app.accounts.principals import Principal
from app.accounts.service import Accounts
from app.core.errors import NotFound, Unauthorized
from app.runtime.base import Runtime

WAITING: Final = 16
"""Passwords that may wait for their turn; a hash takes some 40 ms."""


class Turnstile:
    """The one way from credentials to a principal; raises what `Accounts` does, and `Unavailable` (`busy`)."""

    def __init__(self, accounts: Accounts, audit: Audit, runtime: Runtime) -> None:
        self._accounts = accounts
        self._audit = audit
        self._runtime = runtime
        self._passwords = Lane("passwords", WAITING)

    def identify(self, credentials: Bearer | Basic, origin: Origin) -> Principal:
        """See `Accounts.identify`."""
        found = self._runtime.call(self._accounts.recognise, credentials, origin.address)
        return found or self._runtime.wait(self._passwords.submit(self._identified, credentials, origin))

    def log_in(self, name: str, password: str, origin: Origin) -> Principal:
        """See `Accounts.by_password`; it is noted, as is every failure."""
        # Who has no guesses left must not stand in the queue.
        self._runtime.call(self._accounts.recognise, Basic(name, password), origin.address)
        return self._runtime.wait(self._passwords.submit(self._logged_in, name, password, origin))

    def by_session(self, user_id: int, session_version: int) -> Principal | None:
        """See `Accounts.by_session`."""
        return self._runtime.call(self._accounts.by_session, user_id, session_version)

    def anonymous(self) -> Principal:
        """See `Accounts.anonymous`."""
        return self._runtime.call(self._accounts.anonymous)

    def _identified(self, credentials: Bearer | Basic, origin: Origin) -> Principal:
        with self._failure_noted(credentials.username if isinstance(credentials, Basic) else "", origin):
            return self._accounts.identify(credentials, origin.address)

    def _logged_in(self, name: str, password: str, origin: Origin) -> Principal:
        with self._failure_noted(name, origin):
            principal = self._accounts.by_password(name, password, origin.address)

        def begun() -> Principal:
            self._accounts.begin(principal)
            self._audit.note(of(principal, origin), "login", Thing("user", str(principal.user_id), principal.name))
            return principal

        return self._audit.together(begun)

    @contextmanager
    def _failure_noted(self, name: str, origin: Origin) -> Iterator[None]:
        """A name that nobody has is left out: people type passwords in its place."""
        try:
            yield
        except Unauthorized:
            try:
                user = self._accounts.users.named(name)
                thing = Thing("user", str(user.id), user.username)
            except NotFound:
                thing = NOTHING
            self._audit.failed(nobody(origin), thing)
            raise
