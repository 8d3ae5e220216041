"""When events were received, for whoever looks for those of a time: the times rise with the cursor, by and large.

A clock that was ahead for a while has left a stretch of events of the future behind. When these were received is not
known; it was before what follows them, so they are taken for as old as the next event that is not of the future, and
as long as there is none they are not old at all. So what is kept of a job that went wrong may stay until others
went wrong after it, or its date comes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar


class Received(Protocol):
    """An event, or as much of it as is looked at."""

    @property
    def cursor(self) -> int:
        """Its place."""
        ...

    @property
    def received_ms(self) -> int:
        """What the clock said when it was stored, ms since 1970 UTC."""
        ...


class Receipt(NamedTuple):
    """The least that is `Received`."""

    cursor: int
    received_ms: int


T = TypeVar("T", bound=Received)


@dataclass(frozen=True)
class Receipts:
    """Those of one store.

    Attributes:
        following: the first event after a cursor; None for none.
        newest: the last cursor that there may be.
        now_ms: what was received later is of the future.
    """

    following: Callable[[int], Received | None]
    newest: Callable[[], int]
    now_ms: int

    def after(self, cursor: int) -> Received | None:
        """The first event after a cursor; for one of the future, one behind it by whose time it goes; None for none."""
        first = self.following(cursor)
        return first if first is None or first.received_ms <= self.now_ms else self._behind(first.cursor)

    def last_before(self, before_ms: int) -> int:
        """The last cursor of events received before that time, by halving; 0 for none."""
        low, high = 0, self.newest() + 1
        while high - low > 1:
            middle = (low + high) // 2
            first = self.after(middle - 1)
            low, high = (middle, high) if first is not None and first.received_ms < before_ms else (low, middle)
        return low

    def old(self, events: Iterable[T], before_ms: int) -> Iterator[T]:
        """Of events in their order, those before the first that was not received before that time."""
        sure = 0
        for event in events:
            if event.received_ms >= before_ms and event.cursor > sure:
                first = self.after(event.cursor - 1) if event.received_ms > self.now_ms else event
                if first is None or first.received_ms >= before_ms:
                    return
                sure = first.cursor
            yield event

    def _behind(self, low: int) -> Received | None:
        """The end of the stretch of the future in which that cursor is, looked for in ever greater steps, then halves.

        Where another stretch follows soon it may be the end of that one.
        """
        high, step, found = self.newest() + 1, 1, None
        while high - low > 1:
            middle = min(low + step, (low + high) // 2)
            seen = self.following(middle - 1)
            if seen is None or seen.received_ms <= self.now_ms:
                high, found = middle, seen
            else:
                low, step = seen.cursor, step * 2
        return found
