"""Forwards Python's log lines as `log` events of a job."""

import logging

from scrapewatch.job import Job

OWN = ("scrapewatch", "socketio", "engineio")
"""Loggers whose lines stay here: forwarding what the sender says would feed on itself."""

MAX_MESSAGE = 8_000


class LogHandler(logging.Handler):
    """Sends every record at or above `level` to `job`.

    A record that names a spider other than `spider` belongs to another crawl of this process and is left out, and so is
    an exception logged by `reported`, a logger whose exceptions are sent as errors already.
    """

    def __init__(self, job: Job, level: int = logging.WARNING, spider: object = None, reported: str = "") -> None:
        super().__init__(level)
        self._job = job
        self._spider = spider
        self._reported = reported

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`; a record that can't be formatted is reported the way logging does."""
        if record.name.partition(".")[0] in OWN or getattr(record, "spider", self._spider) is not self._spider:
            return
        if record.exc_info and record.name == self._reported:
            return
        try:
            message = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                message = f"{message}\n{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self._job.log(message[:MAX_MESSAGE], record.levelname.lower(), record.name)
        except Exception:  # noqa: BLE001 - what logging asks of a handler
            self.handleError(record)
