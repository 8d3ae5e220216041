"""Log lines of the process: one event one line, for people or for programs.

Whatever came from outside can't break out of its line: control characters are written as escapes in both formats.
"""

import json
import logging
import sys
import threading
from collections.abc import Iterable
from typing import Any, Final

from app.core.clock import CLOCK, Clock, rfc3339
from app.core.redaction import Redactor, secrets_in

MINUTE_MS: Final = 60_000
MOST_A_MINUTE: Final = 10
_QUIET: Final = ("engineio", "socketio", "apscheduler", "werkzeug", "alembic")
_QUIETER: Final = ("engineio.server", "socketio.server")
"""Those that would else write their lines past ours, as they stand: a logger that has a level gets no handler there."""


def set_up_logging(level: str, shape: str, own: Iterable[str | tuple[str, ...]] = ()) -> None:
    """Log to standard error from `level` up, as `console` or `json` lines, without secrets; `own` are the server's."""
    redactor = Redactor(own=secrets_in(own))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine(redactor) if shape == "json" else _ConsoleLine(redactor))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(logging.ERROR)


class SparingLog:
    """Lines that a stranger can cause at will: so many a minute, and the next one says how many were left out."""

    def __init__(self, log: logging.Logger, clock: Clock = CLOCK) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._since_ms = -MINUTE_MS
        self._written = self._left_out = 0

    def warning(self, message: str, *args: object) -> None:
        """Log it, unless there were `MOST_A_MINUTE` within the minute."""
        self._write(logging.WARNING, message, *args)

    def exception(self, message: str, *args: object) -> None:
        """The same for an error, with the stack of what was caught."""
        self._write(logging.ERROR, message, *args, exc_info=True)

    def _write(self, level: int, message: str, *args: object, exc_info: bool = False) -> None:
        now_ms = self._clock.monotonic_ms()
        with self._lock:
            if now_ms - self._since_ms >= MINUTE_MS:
                self._since_ms, self._written = now_ms, 0
            if self._written >= MOST_A_MINUTE:
                self._left_out += 1
                return
            self._written += 1
            left_out, self._left_out = self._left_out, 0
        if left_out:
            message, args = f"{message} (%d more like this were not logged)", (*args, left_out)
        self._log.log(level, message, *args, exc_info=exc_info)


class _Line(logging.Formatter):
    """A line and its stack, from both of which secrets are taken out."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def message(self, record: logging.LogRecord) -> str:
        return self._redactor.line(record.getMessage())

    def stack(self, record: logging.LogRecord) -> str:
        return self._redactor.line(self.formatException(record.exc_info)) if record.exc_info else ""


class _ConsoleLine(_Line):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{rfc3339(int(record.created * 1000))} {record.levelname:<7} {record.name}: {self.message(record)}"
        stack = self.stack(record)
        return f"{_escaped(line)}\n{stack}" if stack else _escaped(line)


class _JsonLine(_Line):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message(record),
        }
        if stack := self.stack(record):
            line["stack"] = stack
        return json.dumps(line)


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
