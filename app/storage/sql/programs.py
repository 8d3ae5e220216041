"""Postgres' own programs: found in a version that fits, and run.

What they write goes to files: under eventlet, whose pipes a real thread must not wait on, they would cost the server
far more than what they do.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.core.errors import ScrapewatchError

_SYSTEM: Final = Path("/usr/lib/postgresql")
_LOOK_S: Final = 0.2


def find(name: str, least: int = 0) -> str:
    """The path of the newest program of that name: on the PATH, or where Debian puts them.

    Raises:
        ScrapewatchError: there is none, or it is older than version `least`.
    """
    places = filter(None, (shutil.which(name), *(str(path) for path in _SYSTEM.glob(f"*/bin/{name}"))))
    found = {place: major(run([place, "--version"])) for place in places}
    newest = max(found, key=lambda place: found[place], default="")
    if newest and found[newest] >= least:
        return newest
    needed = f"{name} {least} or newer" if least else name
    there = f"{newest} is of version {found[newest]}" if newest else "there is none on the PATH"
    raise ScrapewatchError(f"This needs {needed}, of PostgreSQL's client programs; {there}.")


def major(version: str) -> int:
    """The first number of a text that names a version; 0 if there is none."""
    found = re.search(r"\d+", version)
    return int(found[0]) if found else 0


def run(command: Sequence[str], on: Callable[[], None] = lambda: None) -> str:
    """Run it to its end, asking `on` now and then whether to go on; returns what it wrote.

    Raises:
        ScrapewatchError: it failed; with the last that it said. Whatever `on` raises ends it.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=told) as process:  # noqa: S603
            try:
                while process.poll() is None:
                    on()
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(_LOOK_S)
            finally:
                if process.poll() is None:
                    process.kill()
        out.seek(0)
        told.seek(0)
        if process.returncode:
            lines = told.read().decode(errors="replace").strip().splitlines()
            raise ScrapewatchError(f"{Path(command[0]).name} failed: {lines[-1] if lines else 'it said nothing'}")
        return out.read().decode(errors="replace")
