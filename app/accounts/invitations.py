"""Links by which somebody chooses their password: whoever is invited, and whoever has forgotten theirs.

An admin makes the link and hands it over; its secret is shown once and stored as a SHA-256, it holds for three days and
for one use, and a new one takes its place. Who tries others is slowed down as who guesses passwords is, and is told the
same whatever was wrong.
"""

import secrets
from collections.abc import Callable
from typing import Final

from app.accounts import tokens
from app.accounts.passwords import check_chosen
from app.accounts.throttle import Throttle
from app.accounts.users import Users
from app.core.clock import Clock
from app.core.errors import Conflict, NotFound, Unauthorized
from app.storage.base_accounts import User
from app.storage.base_sessions import PasswordLink, SessionStore

LASTS_MS: Final = 72 * 3_600_000
SECRET_BYTES: Final = 32
LONGEST_SECRET: Final = 200
GUESSED: Final = "(link)"
"""What stands for a user's name where tries are counted; no user can be called so, as the sign of the server can't."""


class Invitations:
    """Links over their store."""

    def __init__(self, store: SessionStore, clock: Clock, users: Users) -> None:
        self._store = store
        self._clock = clock
        self._users = users
        self.throttle = Throttle()

    def all(self) -> dict[int, PasswordLink]:
        """Each user's that has one that still holds."""
        now_ms = self._clock.now_ms()
        return {user_id: link for user_id, link in self._store.links().items() if link.expires_at > now_ms}

    def make(self, user_id: int) -> tuple[PasswordLink, str]:
        """A link for that user, in place of the one there is; its secret is told this once.

        Raises:
            NotFound: no such user.
            Conflict: they are shut out.
        """
        user = self._users.get(user_id)
        if user.disabled:
            raise Conflict("%(name)s is shut out; let them back in first.", name=user.username)
        secret, now_ms = secrets.token_urlsafe(SECRET_BYTES), self._clock.now_ms()
        link = PasswordLink(user_id, not user.password_hash, now_ms, now_ms + LASTS_MS)
        self._store.put_link(tokens.digest(secret), link)
        return link, secret

    def withdraw(self, user_id: int) -> None:
        """Take a user's link back.

        Raises:
            NotFound: there is none.
        """
        if not self._store.drop_link(user_id):
            raise NotFound("There is no link to take back.")

    def check(self, secret: str, address: str) -> User:
        """Whose link that is; it stays.

        Raises:
            Unauthorized: none that holds: unknown, used, taken back, or run out.
            Unavailable: `rate_limited` after too many wrong ones within a minute.
        """
        self.throttle.check(GUESSED, address)
        link = self._store.link(tokens.digest(secret)) if 0 < len(secret) <= LONGEST_SECRET else None
        if link is None or link.expires_at <= self._clock.now_ms():
            self.throttle.wrong(GUESSED, address)
            raise Unauthorized("This link does not hold, or no longer; ask for another one.")
        return self._users.get(link.user_id)

    def accept(self, secret: str, password: str, address: str) -> Callable[[], User]:
        """Hash the password that somebody chooses, and return what makes it theirs, to be done in one transaction.

        Raises:
            Unauthorized, Unavailable: as `check`; what is returned does so, too, where another was quicker.
            InvalidInput: the password can't be used.
        """
        self.check(secret, address)
        check_chosen(password)
        hashed = self._users.hashed(password)

        def use() -> User:
            return self._users.set_hash(self.check(secret, address).id, hashed)  # which takes the link back

        return use
