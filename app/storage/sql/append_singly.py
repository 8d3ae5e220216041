"""The write path of a batch of which something can't be stored: each event behind a savepoint of its own.

So the database itself says which event is at fault, and the batch stays one transaction: whoever is told that nothing
was taken may send all of it again.
"""

import logging
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.core.errors import Unavailable
from app.storage.base import UNSTORABLE, Commit, Event, Outcome, Tallies
from app.storage.sql.append import Append

log = logging.getLogger(__name__)


class AppendSingly:
    """Appends batches by an `Append`, event by event."""

    def __init__(self, append: Append) -> None:
        self._append = append

    def __call__(self, connection: Connection, events: Sequence[Event], refused: Tallies, prev: int) -> Commit:
        """See the module; a fault that is no event's is raised, and nothing of the batch must be committed then."""
        outcomes: list[Outcome] = []
        parts: list[Commit] = []
        found = Counter(dict(refused))
        for event in events:
            try:
                with connection.begin_nested():
                    part = self._append(connection, [event], {}, prev)
            except Exception as error:
                if not _is_of_the_event(error):
                    raise
                log.exception("An event could not be stored")
                outcomes.append(UNSTORABLE)
                found[event.sender_id, "rejected", UNSTORABLE.code] += 1
            else:
                outcomes += part.outcomes
                parts += [part] if part.events else []
                prev = parts[-1].events[-1].cursor if parts else prev
        self._append(connection, [], found, prev)
        return Commit.joined(outcomes, parts)


def _is_of_the_event(error: Exception) -> bool:
    """Whether an event is at fault: a broken database must not make its sender throw it away."""
    return isinstance(error, DataError | IntegrityError) or not isinstance(error, DBAPIError | Unavailable)
