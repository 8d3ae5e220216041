"""The scraper of the fault tests: notes every event in a ledger, emits it, and notes that `emit` has returned.

``python -m tests.faults.scraper --ledger FILE --job a --job b --events 5000 --rate 200``; address, token and all else
come from the environment, as for any scraper. A ledger is a text file: ``+<job> <n>`` before the emit of the job's n-th
event, ``=<job> <n>`` after it; for a job's start and end the type stands in place of the number. A run that was not
killed ends with ``#`` and the client's own figures as JSON.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence

from scrapewatch import Emitter, Job

NS = 1_000_000_000
ERROR_EVERY = 10
"""One event in so many is an error, all else are items."""


class WrongClock:
    """The machine's clock, set wrong by some seconds."""

    def __init__(self, shift_s: int) -> None:
        self.shift_ns = shift_s * NS
        self._true = time.time_ns

    def time_ns(self) -> int:
        """Nanoseconds since 1970, as far as this clock knows."""
        return self._true() + self.shift_ns


def main(arguments: Sequence[str] | None = None) -> None:
    """Run to the end."""
    options = _options(arguments)
    clock = WrongClock(options.shift)
    time.time_ns = clock.time_ns  # what the client reads
    ledger = os.open(options.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    emitter = Emitter()
    jobs = [emitter.job(name, source="faults.example") for name in options.job]
    for job in jobs:
        _noted(ledger, f"{job.id} job_started", job.start)
    _scrape(jobs, ledger, options, clock)
    for job in jobs:
        _noted(ledger, f"{job.id} job_completed", job.complete)
    emitter.close()
    os.write(ledger, f"#{json.dumps(vars(emitter.ledger))}\n".encode())


def _scrape(jobs: list[Job], ledger: int, options: argparse.Namespace, clock: WrongClock) -> None:
    """Send the events at `options.rate` a second, from the jobs in turn; each job counts its own."""
    padding = "x" * options.bytes
    began = time.monotonic()
    for number in range(options.events):
        ahead_s = number / options.rate - (time.monotonic() - began) if options.rate else 0
        if ahead_s > 0:
            time.sleep(ahead_s)
        if number == options.events // 2:
            clock.shift_ns += options.jump * NS
        job, n = jobs[number % len(jobs)], options.first + number // len(jobs)
        if n % ERROR_EVERY:
            _noted(ledger, f"{job.id} {n}", job.item, {"n": n, "title": padding})
        else:
            _noted(ledger, f"{job.id} {n}", job.error, "the page was empty", kind="empty", n=n)


def _noted(ledger: int, what: str, emit: Callable[..., None], *arguments: object, **fields: object) -> None:
    os.write(ledger, f"+{what}\n".encode())
    emit(*arguments, **fields)
    os.write(ledger, f"={what}\n".encode())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--job", action="append", required=True)
    parser.add_argument("--events", type=int, required=True, help="of all jobs together")
    parser.add_argument("--rate", type=float, default=0, help="events a second; 0 is as fast as it goes")
    parser.add_argument("--first", type=int, default=1, help="the number of each job's first event")
    parser.add_argument("--bytes", type=int, default=60, help="of padding in an item")
    parser.add_argument("--shift", type=int, default=0, help="seconds that the clock is ahead")
    parser.add_argument("--jump", type=int, default=0, help="seconds that it is set ahead in mid-run")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
