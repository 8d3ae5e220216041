"""What is done to users, their links and sessions, and to tokens, each with its line in the audit log.

Pages, API and commands go through here, so that all write the same. Everything waits for the database.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlencode

from app.accounts import bounds
from app.accounts.actors import Actor
from app.accounts.audit import Audit, Thing
from app.accounts.kinds import ISSUED, TOKEN, USER
from app.accounts.service import Accounts
from app.core.clock import rfc3339
from app.storage.base_accounts import Token, User
from app.storage.base_sessions import PasswordLink

ACCEPT_PATH: Final = "/invitation"


class Invited(NamedTuple):
    """A user and the link that was made for them; its address holds a secret that is told this once."""

    user: User
    link: PasswordLink
    address: str


class Administration:
    """Accounts and their log, for one who acts.

    Args:
        public_url: where the pages are, for links.
    """

    def __init__(self, accounts: Accounts, audit: Audit, actor: Actor, public_url: str = "") -> None:
        self._accounts = accounts
        self._audit = audit
        self._actor = actor
        self._public_url = public_url.rstrip("/")

    def invite(self, name: str, role: str) -> Invited:
        """Make a user who has no password so far, and the link that lets them choose one; raises as `Users.invite`."""

        def work() -> Invited:
            user = self._audit.made(self._actor, USER, lambda: self._accounts.users.invite(name, role))
            return self.link(user.id)

        return self._audit.together(work)

    def link(self, user_id: int) -> Invited:
        """Make a link in place of the one there is; raises as `Invitations.make`, and as `bounds.check_unbound`."""

        def work() -> Invited:
            if maker := self._token():
                bounds.check_unbound(maker)
            link, secret = self._accounts.invitations.make(user_id)
            user = self._accounts.users.get(user_id)
            self._audit.note(self._actor, "user.invite", USER.thing(user), after={"until": rfc3339(link.expires_at)})
            address = f"{self._public_url}{ACCEPT_PATH}?{urlencode({'name': user.username})}#{secret}"
            return Invited(user, link, address)

        return self._audit.together(work)

    def withdraw(self, user_id: int) -> None:
        """Take a user's link back; raises as `Invitations.withdraw`."""

        def work() -> None:
            user = self._accounts.users.get(user_id)
            self._accounts.invitations.withdraw(user_id)
            self._audit.note(self._actor, "user.uninvite", USER.thing(user))

        self._audit.together(work)

    def set_role(self, user_id: int, role: str) -> User:
        """Raises as `Users.set_role`."""
        users = self._accounts.users
        return self._changed(user_id, lambda: users.set_role(user_id, role), "user.role")

    def set_disabled(self, user_id: int, *, disabled: bool) -> User:
        """Raises as `Users.disable`."""
        users = self._accounts.users
        change = partial(users.disable if disabled else users.enable, user_id)
        return self._changed(user_id, change, "user.disable" if disabled else "user.enable")

    def change(self, user_id: int, role: str | None, disabled: bool | None) -> User:  # noqa: FBT001  (None is a third)
        """Change what is given, all or nothing; raises as `set_role` and `set_disabled`."""

        def work() -> User:
            if role is not None:
                self.set_role(user_id, role)
            if disabled is not None:
                self.set_disabled(user_id, disabled=disabled)
            return self._accounts.users.get(user_id)

        return self._audit.together(work)

    def end_session(self, user_id: int, session_id: int) -> None:
        """Raises as `BrowserSessions.end`."""

        def work() -> None:
            user = self._accounts.users.get(user_id)
            self._accounts.sessions.end(user_id, session_id)
            self._audit.note(self._actor, "session.end", Thing("session", str(session_id), user.username))

        self._audit.together(work)

    def end_sessions(self, user_id: int, *, but: int | None = None) -> None:
        """End all of a user's sessions, or all but one.

        Raises:
            NotFound: no such user.
        """

        def work() -> None:
            user = self._accounts.users.get(user_id)
            if but is None:
                self._accounts.users.end_sessions(user_id)
            else:
                self._accounts.sessions.end_others(user_id, but)
            self._audit.note(self._actor, "session.end", USER.thing(user), after={"all": True, "but": but})

        self._audit.together(work)

    def issue(
        self, name: str, scope: str, *, expires_at: int | None = None, allowed: Sequence[str] = ()
    ) -> tuple[Token, str]:
        """Make a token; its text is told this once; raises as `Tokens.create`, and as `bounds` for a token."""

        def make() -> tuple[Token, str]:
            if maker := self._token():
                bounds.check_ranges(maker, allowed)
                bounds.check_expiry(maker, expires_at)
            return self._accounts.tokens.create(
                name, scope, expires_at=expires_at, allowed=allowed, created_by=self._actor.name
            )

        return self._audit.made(self._actor, ISSUED, make)

    def allow(self, token_id: int, allowed: Sequence[str]) -> Token:
        """Raises as `Tokens.allow`, and as `bounds.check_ranges` where a token does it."""

        def change() -> Token:
            if maker := self._token():
                bounds.check_ranges(maker, allowed)
            return self._accounts.tokens.allow(token_id, allowed)

        return self._changed_token(token_id, change, "token.allow")

    def revoke(self, token_id: int) -> Token:
        """Raises as `Tokens.revoke`."""
        return self._changed_token(token_id, partial(self._accounts.tokens.revoke, token_id), "token.revoke")

    def _token(self) -> Token | None:
        """The token that acts, if it is one."""
        return self._accounts.tokens.get(self._actor.id or 0) if self._actor.kind == "token" else None

    def _changed_token(self, token_id: int, change: Callable[[], Token], action: str) -> Token:
        return self._audit.changed(self._actor, TOKEN, partial(self._accounts.tokens.get, token_id), change, action)

    def _changed(self, user_id: int, change: Callable[[], User], action: str) -> User:
        return self._audit.changed(self._actor, USER, lambda: self._accounts.users.get(user_id), change, action)
