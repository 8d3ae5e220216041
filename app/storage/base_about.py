"""What a database or a store is and how large it has grown, for whoever looks after it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """As it is now.

    Attributes:
        name: the product's.
        size_bytes: of all that is kept, None where it can't be told.
        wal_bytes: of SQLite's log that is not yet in its file; None for others.
        notes: what an operator should know of how it is set up, a sentence each.
    """

    name: str
    version: str
    size_bytes: int | None
    wal_bytes: int | None = None
    notes: tuple[str, ...] = ()
