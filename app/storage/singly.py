"""A batch of which something can't be stored, event by event: what is at fault is refused alone."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from app.storage.base import UNSTORABLE, Commit, Event, Outcome, Tallies

log = logging.getLogger(__name__)


def append_singly(
    events: Sequence[Event],
    refused: Tallies,
    append: Callable[[Event, int], Commit],
    is_at_fault: Callable[[Exception], bool] = lambda _: True,
    prev: int = 0,
) -> tuple[Commit, Tallies]:
    """Append each event by itself; the commit that they are together, and the tallies that are still to be counted.

    Args:
        events: the batch.
        refused: what was rejected before it came here.
        append: stores one event, or raises and leaves no trace of it; given the newest event's cursor, 0 if that is not
            known.
        is_at_fault: whether the event is to blame for what was raised.
        prev: the newest event's cursor before the batch, 0 if that is not known.

    Raises:
        Exception: of whatever is no event's fault; nothing of the batch may be kept then.
    """
    outcomes: list[Outcome] = []
    parts: list[Commit] = []
    found = Counter(dict(refused))
    for event in events:
        try:
            part = append(event, prev)
        except Exception as error:
            if not is_at_fault(error):
                raise
            log.exception("An event could not be stored")
            outcomes.append(UNSTORABLE)
            found[event.sender_id, "rejected", UNSTORABLE.code] += 1
        else:
            outcomes += part.outcomes
            parts += [part] if part.events else []
            prev = part.events[-1].cursor if part.events else prev
    return Commit.joined(outcomes, parts), found
