"""What a backup asks of a database, whichever it is: a copy of one moment, a look at such a copy, and the way back."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

Step = Literal["copy", "pack", "check", "restore", "index", "unpack", "clean"]

Progress = Callable[[Step, int, int], None]
"""Is told the step, how far it is, and of how much; what it raises ends the step."""


def quietly(step: Step, done: int, whole: int) -> None:
    """A `Progress` for nobody."""


class Copied(NamedTuple):
    """What a copy holds.

    Attributes:
        version: of the database's own program.
        schema: the migration that it is at.
        counts: rows by table, of the moment that was copied.
    """

    version: str
    schema: str
    counts: Mapping[str, int]


Examine = Callable[[Path, Progress], dict[str, int]]
"""Opens a copy, goes through all of it and returns its rows by table; raises a `ScrapewatchError` if it is damaged."""


class Copier(Protocol):
    """Copies one database while it is written to, and puts copies back."""

    engine: str
    """``sqlite`` or ``postgresql``: a copy goes back to where it is from."""
    title: str
    """The engine's name."""
    file: str
    """What a copy is called within a backup."""

    def require(self) -> None:
        """Do nothing where there is all that copying needs.

        Raises:
            ScrapewatchError: something is missing; the message names it.
            Unavailable: the database is away.
        """
        ...

    def copy(self, to: Path, progress: Progress) -> Copied:
        """Copy all of one moment to the file `to`, which is not there yet; nobody who writes waits for it.

        Raises:
            ScrapewatchError: it can't be copied; the message says why.
            Unavailable: the database is away.
            OSError: the file can't be written.
        """
        ...

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder for a copy that is to be put back, for who has claimed the database; gone after the block."""
        ...

    def is_empty(self) -> bool:
        """Whether there is nothing that a restored copy would replace.

        Raises:
            Unavailable: the database is away.
        """
        ...

    def put_back(self, file: Path, progress: Progress) -> None:
        """Put a copy out of `scratch`, which was examined, in the place of whatever there is.

        Raises:
            ScrapewatchError: it can't be put back; all is as it was.
        """
        ...


FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
