"""Sessions of pages, one a browser: begun by a login, listed for their user, and ended one by one.

The cookie holds a random key, the store its SHA-256 (`app.accounts.sessions` has the cookie's rules). A request reads
its session together with its user by one look; that it was used is noted once a minute, while nobody waits.
"""

import secrets
from collections.abc import Callable
from typing import Final

from app.accounts import tokens
from app.accounts.actors import LONGEST_ADDRESS, LONGEST_AGENT, Origin
from app.accounts.notes import Notes
from app.accounts.sessions import ABSOLUTE_MS, IDLE_MS, SEEN_STEP_MS
from app.core.clock import Clock
from app.core.errors import NotFound
from app.storage.base_accounts import User
from app.storage.base_sessions import Session, SessionStore

KEY_BYTES: Final = 32


class BrowserSessions:
    """Sessions over their store; `ended` as of `Accounts`."""

    def __init__(self, store: SessionStore, clock: Clock, notes: Notes, ended: Callable[[], object]) -> None:
        self._store = store
        self._clock = clock
        self._notes = notes
        self._ended = ended

    def begin(self, user_id: int, origin: Origin) -> tuple[Session, str]:
        """A new one, and the key that its cookie holds; it is told this once."""
        key, now_ms = secrets.token_urlsafe(KEY_BYTES), self._clock.now_ms()
        address, agent = origin.address[:LONGEST_ADDRESS], origin.agent[:LONGEST_AGENT]
        new = Session(0, user_id, now_ms, now_ms, address, agent)
        return self._store.add_session(tokens.digest(key), new, forget_before_ms=now_ms - ABSOLUTE_MS), key

    def found(self, key: str) -> tuple[Session, User] | None:
        """The one of that key and whose it is; None where there is none, or it is too old.

        Whether it was used of late, its cookie says: what is noted here may come late, or not at all.
        """
        found, now_ms = self._store.session(tokens.digest(key)), self._clock.now_ms()
        if found is None or now_ms - found[0].began_at >= ABSOLUTE_MS:
            return None
        if now_ms - found[0].last_used_at >= SEEN_STEP_MS:
            self._notes.take(lambda: self._store.use_session(found[0].id, now_ms))
        return found

    def is_open(self, session_id: int) -> bool:
        """Whether nobody has ended it."""
        return self._store.is_open(session_id)

    def of(self, user_id: int) -> list[Session]:
        """A user's, the last used first."""
        now_ms = self._clock.now_ms()
        return [
            session
            for session in self._store.sessions(user_id)
            if now_ms - session.began_at < ABSOLUTE_MS and now_ms - session.last_used_at < IDLE_MS
        ]

    def end(self, user_id: int, session_id: int) -> None:
        """End one of a user's own, with its sockets.

        Raises:
            NotFound: the user has none of that number.
        """
        if not self._store.end_session(user_id, session_id):
            raise NotFound("There is no session %(n)s.", n=session_id)
        self._ended()

    def end_others(self, user_id: int, session_id: int) -> int:
        """End all of a user's but that one; returns how many."""
        count = self._store.end_other_sessions(user_id, session_id)
        if count:
            self._ended()
        return count
