"""Progress bars: on a terminal only, on stderr, a line for each step of what takes long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from app.storage.base_backups import Progress, Step, quietly

_LABELS: Final[dict[Step, str]] = {
    "copy": "Copying",
    "pack": "Packing",
    "check": "Checking",
    "restore": "Restoring",
    "index": "Indexing",
    "unpack": "Unpacking",
    "clean": "Cleaning",
}


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Draws what it is told; nothing where nobody looks on."""
    if not sys.stderr.isatty():
        yield quietly
        return
    bars = _Bars()
    try:
        yield bars.show
    finally:
        bars.end()


class _Bars:
    def __init__(self) -> None:
        self._bar: Any = None
        self._step: Step | None = None

    def show(self, step: Step, done: int, whole: int) -> None:
        """See `Progress`; a step that can't tell how far it is leaves the bar where it was."""
        if step != self._step:
            self.end()
            self._step = step
            self._bar = click.progressbar(length=max(1, whole), label=f"{_LABELS[step]:<10}", file=sys.stderr)
            self._bar.render_progress()
        if whole:
            self._bar.length = whole
            self._bar.update(max(0, done - self._bar.pos))

    def end(self) -> None:
        """Leave the line to what is written next."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
