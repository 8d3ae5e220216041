"""Copies that are killed, each a process of its own: ``python -m tests.storage.killed_copies DATABASE STORAGE TO N…``.

A copy is killed when it has told its progress so many times; the next one goes on. Prints how each has ended.
"""

import os
import signal
import sys
from collections.abc import Sequence

from app.core.clock import CLOCK
from app.storage.copying import opening, sides


def main(database_url: str, storage_url: str, to: str, moments: Sequence[int]) -> None:
    """One copy after the other."""
    for moment in moments:
        pid = os.fork()
        if pid == 0:
            copy(database_url, storage_url, to, moment)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")


def copy(database_url: str, storage_url: str, to: str, moment: int) -> None:
    """Copy page after page, of so few rows that a short history has many of them, but not for long."""
    sides.PAGE = 30  # type: ignore[misc]
    left = moment

    def count(step: str, done: int, whole: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with opening.copier(opening.planned(database_url, storage_url, to), CLOCK, count, ahead=False) as copying:
        copying.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], list(map(int, sys.argv[4:])))
