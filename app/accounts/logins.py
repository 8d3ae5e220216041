"""Name and password to user: throttled, equally slow for everyone, and remembered for a minute.

Programs send HTTP Basic with every request; what was right a moment ago is remembered, so that argon2 runs once a
minute and not once a call. An account change anywhere raises the store's revision and so ends what is remembered.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from app.accounts import names
from app.accounts.passwords import Passwords, check_length
from app.accounts.throttle import Throttle
from app.core.clock import Clock
from app.core.errors import Unauthorized
from app.storage.base_accounts import AccountStore, User

REMEMBER_MS: Final = 60_000
REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Verified:
    user: User
    revision: int
    until_ms: int


class Logins:
    """Verifies passwords; blocks, so call it from a real thread.

    Call `verify` from one thread at a time: that bounds the memory, makes the throttle exact, and lets a burst of
    requests with the same credentials wait for one hash. `remembered` is free to all.
    """

    def __init__(self, store: AccountStore, clock: Clock, passwords: Passwords, throttle: Throttle) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self._verified: dict[bytes, _Verified] = {}
        self._secret = secrets.token_bytes(32)

    def remembered(self, name: str, password: str, address: str) -> User | None:
        """The user of that name and password, if they were right within the last minute; None tells nothing.

        Raises:
            Unavailable: `rate_limited`, see `verify`.
        """
        self._throttle.check(names.key(name), address)
        return self._recall(self._fingerprint(name, password))

    def verify(self, name: str, password: str, address: str) -> User:
        """The user of that name, written exactly as it was given, and password.

        Raises:
            Unauthorized: no such user, wrong password, or disabled: which one is not told.
            Unavailable: `rate_limited` after too many wrong passwords within a minute.
            InvalidInput: the password is too long to look at.
        """
        check_length(password)
        user = self.remembered(name, password, address)
        try:
            return user or self._verify(name, password, self._fingerprint(name, password))
        except Unauthorized:
            self._throttle.wrong(names.key(name), address)
            raise

    def _verify(self, name: str, password: str, fingerprint: bytes) -> User:
        revision = self._store.revision()  # before the user is read, so that a later change is noticed
        user = self._find(name)
        right = self._passwords.verify((user.password_hash or None) if user else None, password)
        if user is None or user.disabled or not right:
            raise Unauthorized("The name or the password is wrong.")
        if self._passwords.is_outdated(user.password_hash):
            user = self._store.change_user(user.id, {"password_hash": self._passwords.hash(password)})
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[fingerprint] = _Verified(user, revision, self._clock.monotonic_ms() + REMEMBER_MS)
        return user

    def _find(self, name: str) -> User | None:
        """By the folded name, which is unique, and then exactly: a look-alike is not the user."""
        key = names.key(name)
        user = self._store.user_by_key(key) if key else None
        exact = user is not None and user.username == unicodedata.normalize("NFC", name)
        return user if exact else None

    def _recall(self, fingerprint: bytes) -> User | None:
        found = self._verified.get(fingerprint)
        if found is None:
            return None
        if found.until_ms > self._clock.monotonic_ms() and found.revision == self._store.revision():
            return found.user
        self._verified.pop(fingerprint, None)
        return None

    def _fingerprint(self, name: str, password: str) -> bytes:
        """Stands for the pair in memory without being it."""
        lengths = f"{len(name)}:{name}{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, lengths, "sha256")
