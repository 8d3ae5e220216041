"""Accounts: who is behind these credentials. `users` and `tokens` have their administration.

Everything here may read or write the database, so call it from a real thread (`runtime.call`).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from app.accounts import names, principals, ranges, tokens
from app.accounts.actors import Origin
from app.accounts.browser_sessions import BrowserSessions
from app.accounts.credentials import Basic, Bearer
from app.accounts.invitations import Invitations
from app.accounts.issued import LONGEST_TOKEN, Tokens
from app.accounts.logins import Logins
from app.accounts.notes import Notes
from app.accounts.passwords import Passwords
from app.accounts.principals import Principal
from app.accounts.roles import INGEST, READ
from app.accounts.sessions import ABSOLUTE_MS, Holder
from app.accounts.throttle import Throttle, TokenThrottle
from app.accounts.users import Users
from app.core.clock import CLOCK, Clock
from app.core.errors import Forbidden, InvalidInput, Unauthorized
from app.storage.base_accounts import Sender, Token, User
from app.storage.base_sessions import Session, WholeAccountStore

DEFAULT_SENDER: Final = "default"
NOTE_USE_MS: Final = 60_000


class Entered(NamedTuple):
    """Who has logged in, and the key of their session, for `sessions.begin`."""

    principal: Principal
    key: str


class Accounts:
    """Users and tokens over their store; `ended` is told of each access that was ended, so that sockets are closed.

    Attributes:
        users: the people.
        tokens: what programs send.
        sessions: browsers in which users are signed in.
        invitations: links by which users choose a password.
    """

    def __init__(
        self,
        store: WholeAccountStore,
        clock: Clock = CLOCK,
        passwords: Passwords | None = None,
        ended: Callable[[], object] = lambda: None,
        wrong_tokens: TokenThrottle | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        hasher = passwords or Passwords()
        self.users = Users(store, clock, hasher, ended)
        self.tokens = Tokens(store, clock, ended)
        self.notes = Notes()
        self.sessions = BrowserSessions(store.sessions, clock, self.notes, ended)
        self.invitations = Invitations(store.sessions, clock, self.users)
        self._wrong_tokens, self._wrong_passwords = wrong_tokens or TokenThrottle(), Throttle()
        self._logins = Logins(store, clock, hasher, self._wrong_passwords)
        self._used: dict[int, int] = {}

    def identify(self, credentials: Bearer | Basic, address: str, *, seldom: bool = False) -> Principal:
        """Who sends these credentials from `address`.

        Args:
            credentials: what is sent.
            address: where from.
            seldom: whether the caller itself bounds how often an address may ask and fail: tokens are not counted here.

        Raises:
            Unauthorized: nobody does.
            Forbidden: the token is not taken from there.
            Unavailable: `rate_limited` after too many wrong passwords or tokens, see `throttle`.
        """
        if isinstance(credentials, Bearer):
            return self._by_bearer(credentials.token, address, seldom=seldom)
        try:
            return self.by_password(credentials.username, credentials.password, address)
        except InvalidInput as error:
            raise Unauthorized from error

    def recognise(self, credentials: Bearer | Basic, address: str, *, seldom: bool = False) -> Principal | None:
        """As `identify`, but without the work of hashing: None when only that could tell."""
        if isinstance(credentials, Bearer):
            return self.identify(credentials, address, seldom=seldom)
        user = self._logins.remembered(credentials.username, credentials.password, address)
        return None if user is None else principals.of_user(user)

    def _by_bearer(self, token: str, address: str, *, seldom: bool) -> Principal:
        digest = tokens.digest(token[: LONGEST_TOKEN + 1])
        if not seldom:
            self._wrong_tokens.check(digest, address)
        try:
            found = self._known(token, address)
        except (Unauthorized, Forbidden):
            if not seldom:
                self._wrong_tokens.wrong(digest, address)
            raise
        self._wrong_tokens.right(digest)
        return found

    def _known(self, token: str, address: str) -> Principal:
        found = self.by_token(token, address)
        if found is None:
            raise Unauthorized
        return found

    def by_token(self, token: str, address: str = "") -> Principal | None:
        """Who a token speaks for that came from `address`; None when it is unknown, expired or revoked.

        Raises:
            Forbidden: it is bound to other addresses.
        """
        if not 0 < len(token) <= LONGEST_TOKEN:
            return None
        found = self._store.token_by_digest(tokens.digest(token))
        if found is None or not tokens.matches(token, found.digest) or not found.is_usable(self._clock.now_ms()):
            return None
        _check_address(found, address)
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

    def by_session(self, holder: Holder, address: str = "") -> Principal | None:
        """Whose session that is; None when it has been ended from elsewhere, or the user is disabled.

        A `user_id` below 0 is the id of the token that a wall screen's session was begun with.

        Raises:
            Forbidden: a wall screen's token is bound to other addresses than `address`.
        """
        if holder.user_id < 0:
            return self._by_wall(-holder.user_id, address)
        found = self.sessions.found(holder.key) if holder.key else None
        if found is None:
            return None
        session, user = found
        if user.id != holder.user_id or user.disabled or user.session_version != holder.version:
            return None
        return _by_session(user, session)

    def _by_wall(self, token_id: int, address: str) -> Principal | None:
        token = self._store.token(token_id)
        if token is None or not token.is_usable(self._clock.now_ms()):
            return None
        _check_address(token, address)
        return principals.of_token(token, is_wall=True)

    def anonymous(self) -> Principal:
        """Who a socket is without credentials, where WEBSOCKET_AUTH_REQUIRED is false."""
        sender = self._store.sender(DEFAULT_SENDER, at_ms=self._clock.now_ms())
        return Principal("anonymous", frozenset({READ, INGEST}), sender_id=sender.id)

    def still_valid(self, principal: Principal) -> bool:
        """Whether they may still do what they might when they came: nothing revoked, expired, disabled or changed.

        Other address ranges of a token end what came by it, too; who is in the new ones comes back and is let in.
        """
        if principal.user_id is not None:
            user = self._store.user(principal.user_id)
            if user is None or user.disabled:
                return False
            is_same = (user.role, user.session_version) == (principal.role, principal.session_version)
            return is_same and (principal.session_id is None or self.sessions.is_open(principal.session_id))
        if principal.token_id is not None:
            held = self._store.token(principal.token_id)
            return held is not None and held.is_usable(self._clock.now_ms()) and held.allowed == principal.allowed
        return True

    def sender_names(self) -> dict[int, str]:
        """Who may have sent something: the id of each sender, and its name."""
        users = {user.sender_id: user.username for user in self._store.users()}
        server = self.server()
        return users | {token.sender_id: token.name for token in self._store.tokens()} | {server.id: server.name}

    def server(self) -> Sender:
        """Who sends the events that the server makes itself."""
        return self._store.sender(names.SERVER, at_ms=self._clock.now_ms())

    def revision(self) -> int:
        """A number that rises with every change of an account, in whatever process."""
        return self._store.revision()

    def forget(self) -> None:
        """Let go of whom throttles have not seen for a while."""
        for throttle in (self._wrong_tokens, self._wrong_passwords, self.invitations.throttle):
            throttle.forget()

    def begin(self, user_id: int, origin: Origin) -> Entered:
        """A session of that user begins now."""
        user = self._store.change_user(user_id, {"last_login_at": self._clock.now_ms()})
        session, key = self.sessions.begin(user_id, origin)
        return Entered(_by_session(user, session), key)

    def _note_use(self, token: Token) -> None:
        """Keep `last_used_at` true to the minute; more often would cost a commit a request."""
        now_ms = self._clock.now_ms()
        if now_ms - max(token.last_used_at or 0, self._used.get(token.id, 0)) >= NOTE_USE_MS:
            self._used[token.id] = now_ms
            self.notes.take(lambda: self._store.change_token(token.id, {"last_used_at": now_ms}))


def _check_address(token: Token, address: str) -> None:
    if not ranges.admits(token.allowed, address):
        raise Forbidden("This token is not taken from this address.")


def _by_session(user: User, session: Session) -> Principal:
    return principals.of_user(user, session.id, session.began_at + ABSOLUTE_MS)
