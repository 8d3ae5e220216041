"""When the server last sent a message back that was as good as any: for silence and trouble to be laid at its own door.

A refusal is a message's `busy`, `rate_limited`, `closing`, `storage_full` or `storage_down`, and a socket's by one of
these or by `too_many_connections`. The store's are everybody's: whoever is asked to wait meanwhile may not even have
tried.
"""

from collections.abc import Callable
from typing import Final

from app.storage.base import Commit

STORAGE: Final = ("storage_full", "storage_down")
TROUBLE_MS: Final = 60_000
"""How long after a refusal of the store's, with nothing stored since, there is trouble."""


class Refusals:
    """See the module; written and read by any thread, each value whole.

    Args:
        monotonic_ms: the clock that never runs back.
    """

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        self._monotonic_ms = monotonic_ms
        self._last: dict[int | None, int] = {}
        self._storage: tuple[str, int] | None = None
        self._trouble = ""

    def note(self, sender_id: int | None, code: str) -> None:
        """A message or a socket of the sender was refused; None when it may be anybody's."""
        now_ms = self._monotonic_ms()
        self._last[sender_id] = now_ms
        if code in STORAGE:
            self._storage = (code, now_ms)
            self._trouble = code

    def on_commit(self, commit: Commit) -> None:  # noqa: ARG002  (that there is one says it)
        """The store takes events."""
        self._trouble = ""

    def last_ms(self, sender_id: int) -> int | None:
        """When the sender was last refused, or somebody unknown, or anybody by the store."""
        found = [self._last[who] for who in (sender_id, None) if who in self._last]
        if self._storage:
            found.append(self._storage[1])
        return max(found, default=None)

    def trouble(self) -> str:
        """Why the store takes nothing, as a code; "" while it does, or when nobody has asked it lately."""
        if self._storage is None or self._monotonic_ms() - self._storage[1] >= TROUBLE_MS:
            return ""
        return self._trouble
