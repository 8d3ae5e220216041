"""The user's own cache folder, which no test may touch: a scraper of theirs may have events there."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scrapewatch import settings

SPOOL: str = f"{settings.PREFIX}SPOOL_DIR"


def users_folder() -> Path | None:
    """Where a client keeps its spools that is told of no folder."""
    return settings.load(environment={name: value for name, value in os.environ.items() if name != SPOOL}).spool_dir


class Watch:
    """Notes who touches the folder, as an audit hook of this process.

    Of other processes it sees with what variables they are started: a client that has an address must have a folder, or
    memory.

    Attributes:
        touched: what was opened or made, and what was started that would.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = str(folder)
        self.touched: list[str] = []

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """One event, see `sys.addaudithook`."""
        if event in {"open", "os.mkdir"}:
            if isinstance(args[0], str | bytes | os.PathLike) and os.fsdecode(args[0]).startswith(self._folder):
                self.touched.append(os.fsdecode(args[0]))
        elif event == "subprocess.Popen":
            _, command, _, environment = args
            if would_touch(os.environ if environment is None else environment):
                self.touched.append(str(command))

    def begin(self) -> None:
        """From now on; there is no end to it but that of the process."""
        sys.addaudithook(self)


def would_touch(environment: Mapping[str, str]) -> bool:
    """Whether a client with these variables would use the user's folder."""
    in_memory = environment.get(f"{settings.PREFIX}SPOOL_BYTES") == "0"
    return bool(environment.get(f"{settings.PREFIX}URL")) and SPOOL not in environment and not in_memory
