"""Who is asking, for pages, API and sockets alike; the caller waits, also on the loop, and holds up nobody else.

Passwords are verified one at a time in a lane of their own: a flood of wrong ones fills its short queue, and no thread
that others read with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.accounts.actors import Actor, Origin, nobody, of
from app.accounts.audit import NOTHING, Audit, Thing
from app.accounts.credentials import Basic, Bearer
from app.accounts.kinds import USER
from app.accounts.lane import Lane
from app.accounts.passwords import check_chosen
from app.accounts.principals import Principal
from app.accounts.service import Accounts, Entered
from app.accounts.sessions import Holder
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

    def identify(self, credentials: Bearer | Basic, origin: Origin, *, seldom: bool = False) -> Principal:
        """See `Accounts.identify`."""
        found = self._runtime.call(self._accounts.recognise, credentials, origin.address, seldom=seldom)
        return found or self._runtime.wait(self._passwords.submit(self._identified, credentials, origin))

    def log_in(self, name: str, password: str, origin: Origin) -> Entered:
        """See `Accounts.by_password`; it is noted, as is every failure."""
        # Who has no guesses left must not stand in the queue.
        self._runtime.call(self._accounts.recognise, Basic(name, password), origin.address)
        return self._runtime.wait(self._passwords.submit(self._logged_in, name, password, origin))

    def accept(self, secret: str, password: str, origin: Origin) -> Entered:
        """Let somebody who has a link choose a password, and log them in; raises as `Invitations.accept`."""
        return self._runtime.wait(self._passwords.submit(self._accepted, secret, password, origin))

    def change_password(self, actor: Actor, old: str, new: str) -> Entered:
        """Let a user who knows their password choose another one: all their sessions end, and one begins anew.

        Raises:
            Unauthorized, Unavailable: as `Accounts.by_password`.
            InvalidInput: the new one can't be used.
        """
        return self._runtime.wait(self._passwords.submit(self._changed, actor, old, new))

    def by_session(self, holder: Holder, origin: Origin) -> Principal | None:
        """See `Accounts.by_session`."""
        return self._runtime.call(self._accounts.by_session, holder, origin.address)

    def anonymous(self) -> Principal:
        """See `Accounts.anonymous`."""
        return self._runtime.call(self._accounts.anonymous)

    def _identified(self, credentials: Bearer | Basic, origin: Origin) -> Principal:
        with self._failure_noted(credentials.username if isinstance(credentials, Basic) else "", origin):
            return self._accounts.identify(credentials, origin.address)

    def _logged_in(self, name: str, password: str, origin: Origin) -> Entered:
        with self._failure_noted(name, origin):
            principal = self._accounts.by_password(name, password, origin.address)
        return self._audit.together(lambda: self._begun(principal.user_id or 0, origin))

    def _begun(self, user_id: int, origin: Origin) -> Entered:
        entered = self._accounts.begin(user_id, origin)
        self._audit.note(of(entered.principal, origin), "login", Thing("user", str(user_id), entered.principal.name))
        return entered

    def _accepted(self, secret: str, password: str, origin: Origin) -> Entered:
        use = self._accounts.invitations.accept(secret, password, origin.address)

        def used() -> Entered:
            user = use()
            actor = Actor("user", user.username, user.id, origin)
            self._audit.note(actor, "user.password", USER.thing(user), after={"by": "link"})
            return self._begun(user.id, origin)

        return self._audit.together(used)

    def _changed(self, actor: Actor, old: str, new: str) -> Entered:
        with self._failure_noted(actor.name, actor.origin):
            self._accounts.by_password(actor.name, old, actor.origin.address)
        check_chosen(new)
        users = self._accounts.users
        hashed = users.hashed(new)

        def changed() -> Entered:
            user = users.set_hash(actor.id or 0, hashed)
            self._audit.note(actor, "user.password", USER.thing(user))
            return self._accounts.begin(user.id, actor.origin)

        return self._audit.together(changed)

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
