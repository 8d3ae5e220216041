"""What moving all that a store holds into another asks of both, and the records that pass through.

Events, jobs and tallies are read through `EventStore`; the rest through `Transfer.dump`. A target takes them with the
numbers that they have: cursors, keys and times stay. How far it has come is written down with the rows themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

PARTS: Final = ("events", "jobs", "tallies", "groups", "mutes", "series", "buckets")
"""What every store holds, in the order in which it is copied, events apart: they alone never change."""

ALL: Final = "all"
"""In the place of a part: whatever a store holds, with its numbers and marks."""

Key = tuple[Any, ...]
"""Where a row of a part stands: text and whole numbers."""
Row = Any
"""Of events an `Event`, of jobs a `Job`, of groups an `ErrorGroup`; of the others a tuple, see `COLUMNS`."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "tallies": ("sender_id", "outcome", "code", "count"),
    "mutes": ("source", "query", "fingerprint", "muted_by", "muted_at"),
    "series": ("name", "labels", "last_ms"),
    "buckets": ("series_id", "step_ms", "at_ms", "sum", "count", "min", "max", "sketch"),
}
"""A series' labels are encoded, and its number is made of them: see `app.storage.labels`."""
KEYS: Final[Mapping[str, int]] = {"tallies": 3, "mutes": 3, "series": 2, "buckets": 3}
"""How many of the columns, the first ones, are the key."""


UNFINISHED: Final = (
    "A copy into it is not finished: with the settings of its source, run `flask --app wsgi storage copy` again;"
    " or `storage empty URL`, to begin anew."
)
"""What is said to whoever would use a target too early."""


class Page(NamedTuple):
    """Rows of a part, and after which key to go on; None at the end."""

    rows: Sequence[Row]
    after: Key | None


class Numbers(NamedTuple):
    """How far a store has come.

    Attributes:
        cursor: the last that was given.
        removed: up to where events may be missing.
        grouped: up to where errors are grouped.
        given: see `Transfer.given`.
    """

    cursor: int
    removed: int
    grouped: int
    given: Mapping[str, int]


class Mark(msgspec.Struct, frozen=True):
    """How far a copy has come; kept in its target.

    Attributes:
        source: the address that it is of.
        state: `copying`; `done` when all was found to be equal.
        cursor: the last event that was copied.
        version: what `Transfer.version` said of the source when the parts that change were begun; "" before.
        part: which of them is being copied.
        after: the last of its rows that was copied; None for none.
    """

    source: str
    state: str = "copying"
    cursor: int = 0
    version: str = ""
    part: str = ""
    after: Key | None = None

    @property
    def is_done(self) -> bool:
        """Whether all is there."""
        return self.state == "done"

    def told(self) -> str:
        """As a text."""
        return _encode(self).decode()

    @staticmethod
    def read(told: str | bytes) -> "Mark":
        """The reverse."""
        return msgspec.json.decode(told, type=Mark)


_encode: Final = msgspec.json.Encoder(enc_hook=int).encode
"""A driver may have whole numbers of its own, which are no more than that."""


class Transfer(Protocol):
    """One store as the source or the target of a copy; nobody else writes to a target."""

    def version(self) -> str:
        """Something that differs after every write to the store; it may differ without one."""
        ...

    def held(self, part: str) -> int:
        """How many rows there are of a part."""
        ...

    def given(self) -> Mapping[str, int]:
        """The last number that was given to a row of a part which numbers its rows by itself; `jobs` do."""
        ...

    def dump(self, part: str, after: Key | None, limit: int) -> Page:
        """About `limit` rows of a part that the other ports can't list, from `after` (not included) onwards."""
        ...

    def prepare(self) -> None:
        """Make what a store needs before one can look into it, if that is not there, and finish what a crash has left.

        Nobody else may write to the store: whoever did would be shut out.
        """
        ...

    def mark(self) -> Mark | None:
        """What was written down; None if nothing was ever copied here."""
        ...

    def write(self, mark: Mark) -> None:
        """Write the mark alone."""
        ...

    def load(self, part: str, rows: Sequence[Row], mark: Mark) -> None:
        """Write rows that are not there, and the mark, in one step; twice in a row after a crash is as once.

        Events come in the order of their cursors. Of events, no step is ever repeated.
        """
        ...

    def clear(self, part: str) -> None:
        """Delete all rows of a part, and whatever is kept only to find them; of no events but with `ALL`."""
        ...

    def cursors(self, after: int, limit: int) -> Sequence[int]:
        """The cursors of the events that lie here, whatever has become of their jobs, in order."""
        ...

    def drop(self, cursors: Sequence[int]) -> None:
        """Delete these events."""
        ...

    def finish(self, numbers: Numbers) -> None:
        """Take over the numbers, and make all that is counted beside the rows: it is all here."""
        ...
