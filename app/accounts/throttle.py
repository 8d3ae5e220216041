"""Slows down who guesses: so many wrong passwords or tokens from an address, then a pause.

Of passwords ten within a minute are enough for one user, thirty for all users together. Of tokens a tenth of
RATE_LIMIT_CONNECTIONS within RATE_LIMIT_INTERVAL are; tokens that were right lately pass on meanwhile, and over sockets
every right one, so that one program with an old token holds up no neighbour of its address. An IPv6 address is its
network of 64 bits.
"""

from typing import Final

from app.core.errors import Unavailable
from app.core.rates import Rate, network_of

MINUTE_MS: Final = 60_000
WRONG_PER_MINUTE: Final = 10
WRONG_PER_MINUTE_AND_ADDRESS: Final = 30
FAILURES: Final = 10
"""One in so many of RATE_LIMIT_CONNECTIONS may fail."""
WRONG_TOKENS: Final = 60
MOST_KNOWN: Final = 10_000
"""Tokens that were right and are remembered, by their SHA-256."""


class Throttle:
    """Counts wrong passwords of this process."""

    def __init__(self) -> None:
        self._of_name = Rate(WRONG_PER_MINUTE, MINUTE_MS)
        self._of_address = Rate(WRONG_PER_MINUTE_AND_ADDRESS, MINUTE_MS)

    def check(self, name_key: str, address: str) -> None:
        """Let pass whoever has guesses left.

        Raises:
            Unavailable: `rate_limited`, with the time until the oldest wrong guess is forgotten.
        """
        network = network_of(address)
        _pause(self._of_name.wait_ms(name_key, network) or self._of_address.wait_ms(network))

    def wrong(self, name_key: str, address: str) -> None:
        """Count a wrong guess."""
        network = network_of(address)
        self._of_name.hit(name_key, network)
        self._of_address.hit(network)

    def forget(self) -> None:
        """Let go of those that have been away."""
        self._of_name.forget()
        self._of_address.forget()


class TokenThrottle:
    """Counts wrong tokens of this process; see the module."""

    def __init__(self, most: int = WRONG_TOKENS, interval_ms: int = MINUTE_MS) -> None:
        self._wrong = Rate(most, interval_ms)
        self._right: set[bytes] = set()

    def check(self, digest: bytes, address: str) -> None:
        """Let pass a token that was right, or whose address has guesses left; raises as `Throttle.check`."""
        if digest not in self._right:
            _pause(self._wrong.wait_ms(network_of(address)))

    def right(self, digest: bytes) -> None:
        """Remember it."""
        if len(self._right) >= MOST_KNOWN:
            self._right.clear()
        self._right.add(digest)

    def wrong(self, digest: bytes, address: str) -> None:
        """Count a wrong guess."""
        self._right.discard(digest)
        self._wrong.hit(network_of(address))

    def forget(self) -> None:
        """Let go of those that have been away."""
        self._wrong.forget()


def _pause(wait_ms: int) -> None:
    if wait_ms:
        raise Unavailable("rate_limited", wait_ms)
