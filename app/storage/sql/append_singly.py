"""The write path of a batch of which something can't be stored: each event behind a savepoint of its own.

So the database itself says which event is at fault, and the batch stays one transaction: whoever is told that nothing
was taken may send all of it again.
"""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.core.errors import Unavailable
from app.storage.base import Commit, Event, Tallies
from app.storage.singly import append_singly
from app.storage.sql.append import Append


class AppendSingly:
    """Appends batches by an `Append`, event by event."""

    def __init__(self, append: Append) -> None:
        self._append = append

    def __call__(self, connection: Connection, events: Sequence[Event], refused: Tallies, prev: int) -> Commit:
        """See the module; a fault that is no event's is raised, and nothing of the batch must be committed then."""

        def append(event: Event, prev: int) -> Commit:
            try:
                with connection.begin_nested():
                    return self._append(connection, [event], {}, prev)
            except Exception:
                self._append.undone()
                raise

        commit, tallies = append_singly(events, refused, append, _is_of_the_event, prev)
        self._append(connection, [], tallies, prev)
        return commit

    def undone(self) -> None:
        """See `Append`."""
        self._append.undone()


def _is_of_the_event(error: Exception) -> bool:
    """Whether an event is at fault: a broken database must not make its sender throw it away."""
    return isinstance(error, DataError | IntegrityError) or not isinstance(error, DBAPIError | Unavailable)
