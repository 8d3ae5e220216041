"""Users and tokens: who is behind these credentials, and their administration.

Everything here may read or write the database, so call it from a real thread (`runtime.call`).
"""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from app.accounts import names, principals, tokens
from app.accounts.credentials import Basic, Bearer
from app.accounts.lane import Lane
from app.accounts.logins import Logins
from app.accounts.passwords import Passwords
from app.accounts.principals import Principal
from app.accounts.roles import INGEST, READ, ROLES, SCOPES
from app.accounts.throttle import Throttle
from app.core.clock import CLOCK, Clock
from app.core.errors import Conflict, InvalidInput, NotFound, Unauthorized, Unavailable
from app.storage.base_accounts import AccountStore, Token, User, UserChanges

log = logging.getLogger(__name__)

DEFAULT_SENDER: Final = "default"
NOTE_USE_MS: Final = 60_000
LONGEST_TOKEN: Final = 1_024
LEAST_TOKEN: Final = 32
NOTES: Final = 1_000


class Accounts:
    """Users and tokens over their store; `ended` is told of each access that was ended, so that sockets are closed."""

    def __init__(
        self,
        store: AccountStore,
        clock: Clock = CLOCK,
        passwords: Passwords | None = None,
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._ended = ended
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._logins = Logins(store, clock, self._passwords, Throttle())
        self._notes = Lane("notes", NOTES)
        self._used: dict[int, int] = {}

    # Who is asking

    def identify(self, credentials: Bearer | Basic, address: str) -> Principal:
        """Who sends these credentials from `address`.

        Raises:
            Unauthorized: nobody does.
            Unavailable: `rate_limited` after too many wrong passwords within a minute.
        """
        if isinstance(credentials, Bearer):
            found = self.by_token(credentials.token)
            if found is None:
                raise Unauthorized
            return found
        try:
            return self.by_password(credentials.username, credentials.password, address)
        except InvalidInput as error:
            raise Unauthorized from error

    def recognise(self, credentials: Bearer | Basic, address: str) -> Principal | None:
        """As `identify`, but without the work of hashing: None when only that could tell."""
        if isinstance(credentials, Bearer):
            return self.identify(credentials, address)
        user = self._logins.remembered(credentials.username, credentials.password, address)
        return None if user is None else principals.of_user(user)

    def by_token(self, token: str) -> Principal | None:
        """Who a token speaks for; None when it is unknown, expired or revoked."""
        if not 0 < len(token) <= LONGEST_TOKEN:
            return None
        found = self._store.token_by_digest(tokens.digest(token))
        if found is None or not tokens.matches(token, found.digest) or not self._is_usable(found):
            return None
        self._note_use(found)
        return principals.of_token(found)

    def by_password(self, name: str, password: str, address: str) -> Principal:
        """Who has that name and password; `address` is where they ask from.

        Raises:
            Unauthorized: no such user, wrong password, or disabled.
            Unavailable: `rate_limited` after too many wrong passwords from the address within a minute, see `throttle`.
            InvalidInput: the password is longer than 1,024 characters.
        """
        return principals.of_user(self._logins.verify(name, password, address))

    def by_session(self, user_id: int, session_version: int) -> Principal | None:
        """Whose session that is; None when it has been ended from elsewhere, or the user is disabled.

        A `user_id` below 0 is the id of the token that a wall screen's session was begun with.
        """
        if user_id < 0:
            token = self._store.token(-user_id)
            return principals.of_token(token, is_wall=True) if token is not None and self._is_usable(token) else None
        user = self._store.user(user_id)
        if user is None or user.disabled or user.session_version != session_version:
            return None
        return principals.of_user(user)

    def anonymous(self) -> Principal:
        """Who a socket is without credentials, where WEBSOCKET_AUTH_REQUIRED is false."""
        sender = self._store.sender(DEFAULT_SENDER, at_ms=self._clock.now_ms())
        return Principal("anonymous", frozenset({READ, INGEST}), sender_id=sender.id)

    def still_valid(self, principal: Principal) -> bool:
        """Whether they may still do what they might when they came: nothing revoked, expired, disabled or changed."""
        if principal.user_id is not None:
            user = self._store.user(principal.user_id)
            return user is not None and not user.disabled and principals.of_user(user) == principal
        if principal.token_id is not None:
            token = self._store.token(principal.token_id)
            return token is not None and self._is_usable(token)
        return True

    def sender_names(self) -> dict[int, str]:
        """Who may have sent something: the id of each sender, and its name."""
        users = {user.sender_id: user.username for user in self._store.users()}
        server = self._store.sender(names.SERVER, at_ms=self._clock.now_ms())
        return users | {token.sender_id: token.name for token in self._store.tokens()} | {server.id: server.name}

    def revision(self) -> int:
        """A number that rises with every change of an account, in whatever process."""
        return self._store.revision()

    # Users

    def log_in(self, name: str, password: str, address: str) -> Principal:
        """As `by_password`, and remember when."""
        principal = self.by_password(name, password, address)
        user_id, now_ms = principal.user_id, self._clock.now_ms()
        if user_id is not None:
            self._note(lambda: self._store.change_user(user_id, {"last_login_at": now_ms}))
        return principal

    def log_out(self, user_id: int) -> None:
        """End every session of a user: a session lives in the browser's cookie, and a copy must not outlive it."""
        self._change_access(user_id, {})

    def users(self) -> list[User]:
        """Everyone, by name."""
        return self._store.users()

    def user_named(self, name: str) -> User:
        """The user of that name in any case.

        Raises:
            NotFound: no such user.
        """
        user = self._store.user_by_key(names.key(name))
        if user is None:
            raise NotFound("There is no user called %(name)s.", name=name)
        return user

    def create_user(self, name: str, password: str, role: str) -> User:
        """Let someone in.

        Raises:
            InvalidInput: name, password or role can't be used.
            Conflict: there is a user of that name, or one that looks the same.
        """
        username = names.checked(name, "username")
        _check_word(role, ROLES, "role")
        hashed = self._passwords.hash(password)
        now_ms = self._clock.now_ms()
        return self._store.add_user(username, names.key(username), password_hash=hashed, role=role, at_ms=now_ms)

    def set_password(self, user_id: int, password: str) -> User:
        """Change a password; all of the user's sessions end."""
        return self._change_access(user_id, {"password_hash": self._passwords.hash(password)})

    def disable(self, user_id: int) -> User:
        """Shut a user out at once; all of their sessions end.

        Raises:
            Conflict: they are the last admin.
        """
        self._keep_an_admin(user_id)
        return self._change_access(user_id, {"disabled": True})

    def enable(self, user_id: int) -> User:
        """Let a disabled user back in."""
        return self._store.change_user(user_id, {"disabled": False})

    # Tokens

    def tokens(self) -> list[Token]:
        """Every token, revoked ones included, newest first."""
        return self._store.tokens()

    def create_token(
        self, name: str, scope: str, *, expires_at: int | None = None, token: str | None = None
    ) -> tuple[Token, str]:
        """Make a token of the sender `name`; its text is returned this once and never again.

        Args:
            name: the sender; a second token under the same name belongs to it.
            scope: one of `SCOPES`.
            expires_at: ms since 1970 UTC, in the future; None for never.
            token: the text, if it is not to be made up here; at least 32 characters.

        Raises:
            InvalidInput: name, scope, expiry or text can't be used.
            Conflict: the same text is a token already.
        """
        sender = names.checked(name, "name")
        _check_word(scope, SCOPES, "scope")
        now_ms = self._clock.now_ms()
        if expires_at is not None and expires_at <= now_ms:
            raise InvalidInput("The expiry must be in the future.", field="expiresAt")
        text = token or tokens.generate()
        if not LEAST_TOKEN <= len(text) <= LONGEST_TOKEN:
            raise InvalidInput(
                "A token has %(least)s to %(most)s characters.", field="token", least=LEAST_TOKEN, most=LONGEST_TOKEN
            )
        stored = self._store.add_token(
            sender,
            scope=scope,
            digest=tokens.digest(text),
            prefix=tokens.prefix(text),
            expires_at=expires_at,
            at_ms=now_ms,
        )
        return stored, text

    def has_token(self, token: str) -> bool:
        """Whether that text is or was a token."""
        return self._store.token_by_digest(tokens.digest(token)) is not None

    def revoke_token(self, token_id: int) -> Token:
        """End a token at once; twice does no harm.

        Raises:
            NotFound: no such token.
        """
        token = self._store.token(token_id)
        if token is None:
            raise NotFound("There is no token %(n)s.", n=token_id)
        if token.revoked_at is not None:
            return token
        revoked = self._store.change_token(token_id, {"revoked_at": self._clock.now_ms()})
        self._ended()
        return revoked

    def _user(self, user_id: int) -> User:
        user = self._store.user(user_id)
        if user is None:
            raise NotFound("There is no user %(n)s.", n=user_id)
        return user

    def _change_access(self, user_id: int, changes: UserChanges) -> User:
        version = self._user(user_id).session_version + 1
        changed = self._store.change_user(user_id, {**changes, "session_version": version})
        self._ended()
        return changed

    def _keep_an_admin(self, user_id: int) -> None:
        admins = {user.id for user in self._store.users() if user.role == "admin" and not user.disabled}
        if admins == {user_id}:
            raise Conflict("This is the last admin; make another one first.")

    def _is_usable(self, token: Token) -> bool:
        return token.revoked_at is None and (token.expires_at is None or token.expires_at > self._clock.now_ms())

    def _note_use(self, token: Token) -> None:
        """Keep `last_used_at` true to the minute; more often would cost a commit a request."""
        now_ms = self._clock.now_ms()
        if now_ms - max(token.last_used_at or 0, self._used.get(token.id, 0)) >= NOTE_USE_MS:
            self._used[token.id] = now_ms
            self._note(lambda: self._store.change_token(token.id, {"last_used_at": now_ms}))

    def _note(self, change: Callable[[], object]) -> None:
        """Write down what is only good to know; nobody waits for the commit, and no failure shuts anyone out."""
        try:
            self._notes.submit(_tried, change)
        except Unavailable as error:
            log.warning("The last use of an account could not be noted: %s", error)


def _tried(change: Callable[[], object]) -> None:
    try:
        change()
    except Unavailable as error:
        log.warning("The last use of an account could not be noted: %s", error)
    except Exception:
        log.exception("The last use of an account could not be noted")


def _check_word(word: str, allowed: Iterable[str], field: str) -> None:
    if word not in allowed:
        raise InvalidInput("Must be one of %(known)s.", known=", ".join(allowed), field=field)
