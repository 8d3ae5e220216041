"""Log lines of the process: one event one line, for people or for programs.

Whatever came from outside can't break out of its line: control characters are written as escapes in both formats.
"""

import json
import logging
import sys
from typing import Any, Final

from app.core.clock import rfc3339

_QUIET: Final = ("engineio", "socketio", "apscheduler", "werkzeug", "alembic")


def set_up_logging(level: str, shape: str) -> None:
    """Log to standard error from `level` up, as `console` or `json` lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine() if shape == "json" else _ConsoleLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _ConsoleLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{rfc3339(int(record.created * 1000))} {record.levelname:<7} {record.name}: {record.getMessage()}"
        if record.exc_info:
            return f"{_escaped(line)}\n{self.formatException(record.exc_info)}"
        return _escaped(line)


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
