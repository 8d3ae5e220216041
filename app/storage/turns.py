"""The queue before the writer: senders take turns, and none can shut the others out.

What a sender may have waiting is in proportion to the room that is left, so that a sender alone may fill four fifths,
two that flood four ninths each, and there is always some room for another: the rule by which switches share their
memory (Choudhury and Hahne, "Dynamic queue length thresholds in a shared-memory packet switch", 1998).
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import Unavailable
from app.storage.base import Event, Outcome

SHARE: Final = 4
"""How many times the room that is left a sender may have waiting."""

LARGEST_GROUP: Final = 1_000
"""Events after which no sender gets another turn in the same group, which waits for no more company then.

More would be a tenth cheaper an event, and a page that is asked for meanwhile would wait for all of it.
"""

ROOMY: Final = 0.75

Answer = Callable[["list[Outcome] | Unavailable"], object]


@dataclass(slots=True, frozen=True)
class Submission:
    """Events of one message and who waits for the answer; `answer` runs in the writer thread and must be quick.

    `size` is what it counts for while it waits: about its events, more for one of few but long ones.
    `read` gives the events when their turn comes, and the codes of those that were refused: checking them in the
    writer thread rather than on the event loop saves the loop the time and the two threads their struggle for the
    interpreter.
    """

    sender_id: int
    size: int
    read: Callable[[], tuple[Sequence[Event], Sequence[str]]]
    answer: Answer


class Turns:
    """See the module. Not thread-safe but for `waiting` and `fill`, which may be a moment old.

    Args:
        capacity: events that may wait.
        per_turn: events of a sender and turn.
    """

    def __init__(self, capacity: int, per_turn: int) -> None:
        self.capacity = capacity
        self.waiting = 0
        self.held: Counter[int] = Counter()
        self._per_turn = per_turn
        self._queues: OrderedDict[int, deque[tuple[int, Submission]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, submission: Submission, now_ms: int) -> None:
        """Put a message at the end of its sender's queue.

        Raises:
            Unavailable: `busy`: too much of this sender waits already.
        """
        sender_id, size = submission.sender_id, submission.size
        if self.waiting and self.held[sender_id] + size > SHARE * (self.capacity - self.waiting - size):
            raise Unavailable("busy", 500)
        self._queues.setdefault(sender_id, deque()).append((now_ms, submission))
        self.waiting += size
        self.held[sender_id] += size

    def has_room(self) -> bool:
        """Whether the writer may let them wait, before senders are told to send less."""
        return self.waiting < ROOMY * self.capacity

    def fill(self, sender_id: int) -> float:
        """What a sender has waiting, as a share of the most that it could have beside the others; 0 to 1."""
        held = self.held[sender_id]
        most = SHARE / (SHARE + 1) * (self.capacity - self.waiting + held)
        return min(1.0, held / most) if most > 0 else 1.0

    def take(self) -> list[tuple[int, Submission]]:
        """From every sender in turn its oldest messages, up to the share of a turn, until there are enough.

        With each comes when it was added.
        """
        group: list[tuple[int, Submission]] = []
        total = 0
        while self._queues and total < LARGEST_GROUP:
            for sender_id in list(self._queues):
                total += self._take_turn(sender_id, group)
        return group

    def _take_turn(self, sender_id: int, group: list[tuple[int, Submission]]) -> int:
        queue = self._queues[sender_id]
        taken = 0
        while queue and (not taken or taken + queue[0][1].size <= self._per_turn):
            taken += queue[0][1].size
            group.append(queue.popleft())
        if not queue:
            del self._queues[sender_id]
        self.waiting -= taken
        self.held[sender_id] -= taken
        if not self.held[sender_id]:
            del self.held[sender_id]
        return taken
