"""What processes that share a store ask of it to hear of one another; no behaviour, no SQL."""

from typing import Final, Protocol

from app.storage.base import Commit

ELSEWHERE: Final = "?"
"""The `origin` of a job whose last event may have come over any process's socket."""


class Following(Protocol):
    """Reads what all processes commit, in the order of the cursors, which is that of their commits."""

    def begin(self) -> int:
        """Stand at the newest event there is; returns its cursor, 0 for none.

        Raises:
            app.core.errors.Unavailable: the store is away.
        """
        ...

    def next(self) -> Commit | None:
        """What was committed after the last time, as one commit of at most so many events; None for nothing.

        Its jobs stand as they do now, which may be later than its events; their origin is `ELSEWHERE`.

        Raises:
            app.core.errors.Unavailable: the store is away; nothing was passed over.
        """
        ...
