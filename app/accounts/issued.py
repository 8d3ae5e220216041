"""Tokens that were issued, and their administration.

Everything here may read or write the database, so call it from a real thread (`runtime.call`). What changes a token is
done through `app.accounts.audit`, by whoever knows who acts.
"""

from collections.abc import Callable, Sequence
from typing import Final

from app.accounts import names, ranges, tokens
from app.accounts.roles import SCOPES, checked_word
from app.core.clock import Clock
from app.core.errors import InvalidInput, NotFound
from app.storage.base_accounts import AccountStore, NewToken, Token
from config import DAY_MS

LONGEST_TOKEN: Final = 1_024
LEAST_TOKEN: Final = 32
MOST_AHEAD_MS: Final = 1_000 * 366 * DAY_MS
"""Of an expiry; years have four digits."""


class Tokens:
    """Tokens over their store; `ended` as of `Accounts`."""

    def __init__(self, store: AccountStore, clock: Clock, ended: Callable[[], object] = lambda: None) -> None:
        self._store = store
        self._ended = ended
        self._clock = clock

    def all(self) -> list[Token]:
        """Every token, revoked ones included, newest first."""
        return self._store.tokens()

    def get(self, token_id: int) -> Token:
        """One token.

        Raises:
            NotFound: no such token.
        """
        token = self._store.token(token_id)
        if token is None:
            raise NotFound("There is no token %(n)s.", n=token_id)
        return token

    def create(
        self,
        name: str,
        scope: str,
        *,
        expires_at: int | None = None,
        allowed: Sequence[str] = (),
        created_by: str | None = None,
        token: str | None = None,
    ) -> tuple[Token, str]:
        """Make a token of the sender `name`; its text is returned this once and never again.

        Args:
            name: the sender; a second token under the same name belongs to it.
            scope: one of `SCOPES`.
            expires_at: ms since 1970 UTC, in the future; None for never.
            allowed: the address ranges that it is taken from, see `ranges`; none for anywhere.
            created_by: who makes it.
            token: the text, if it is not to be made up here; at least 32 characters.

        Raises:
            InvalidInput: name, scope, expiry, ranges or text can't be used.
            Conflict: the same text is a token already.
        """
        sender = names.checked(name, "name")
        checked_word(scope, SCOPES, "scope")
        now_ms = self._clock.now_ms()
        if expires_at is not None and expires_at <= now_ms:
            raise InvalidInput("The expiry must be in the future.", field="expiresAt")
        if expires_at is not None and expires_at > now_ms + MOST_AHEAD_MS:
            raise InvalidInput("The expiry is too far ahead.", field="expiresAt")
        text = token or tokens.generate()
        if not LEAST_TOKEN <= len(text) <= LONGEST_TOKEN:
            raise InvalidInput(
                "A token has %(least)s to %(most)s characters.",
                least=LEAST_TOKEN,
                most=LONGEST_TOKEN,
                field="token",
            )
        digest, prefix, taken_from = tokens.digest(text), tokens.prefix(text), ranges.checked(allowed)
        new = NewToken(sender, scope, digest, prefix, expires_at, taken_from, created_by)
        return self._store.add_token(new, at_ms=now_ms), text

    def has(self, token: str) -> bool:
        """Whether that text is or was a token."""
        return self._store.token_by_digest(tokens.digest(token)) is not None

    def revoke(self, token_id: int) -> Token:
        """End a token at once; twice does no harm.

        Raises:
            NotFound: no such token.
        """
        token = self.get(token_id)
        if token.revoked_at is not None:
            return token
        revoked = self._store.change_token(token_id, {"revoked_at": self._clock.now_ms()})
        self._ended()
        return revoked

    def allow(self, token_id: int, allowed: Sequence[str]) -> Token:
        """Let a token be taken from these address ranges alone, or from anywhere if there are none.

        Raises:
            InvalidInput: one of them is none.
            NotFound: no such token.
        """
        changed = self._store.change_token(token_id, {"allowed": ranges.checked(allowed)})
        self._ended()
        return changed
