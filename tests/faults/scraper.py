"""The scraper of the fault tests: notes every event in a ledger, emits it, and notes that `emit` has returned.

``python -m tests.faults.scraper --ledger FILE --job a --job b --events 5000 --rate 200``; address, token and all else
come from the environment, as for any scraper. A ledger is a text file: ``+<job> <n>`` before the emit of the job's n-th
event, ``=<job> <n>`` after it; for a job's start and end the type stands before the number of the run's first event. A
run that was not killed ends with ``#`` and the client's own figures as JSON.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

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
    run = Run(ledger, [emitter.job(name, source="faults.example", config={"n": options.first}) for name in options.job])
    for job in run.jobs:
        run.note(f"{job.id} job_started {options.first}", job.start)
    run.scrape(options, clock)
    children = [run.fork(emitter, options, clock, number) for number in range(1, options.forks + 1)]
    for child in children:
        child.join()
    for job in run.jobs:
        run.note(f"{job.id} job_completed {options.first}", job.complete, n=options.first)
    run.close(emitter)


class Run:
    """What a process does for its jobs, noted in its ledger; a forked child goes on in the same."""

    def __init__(self, ledger: int, jobs: list[Job]) -> None:
        self.jobs = jobs
        self._ledger = ledger

    def scrape(self, options: argparse.Namespace, clock: WrongClock, round_number: int = 0) -> None:
        """Send the events at `options.rate` a second, from the jobs in turn; each job counts its own."""
        padding = "x" * options.bytes
        began = time.monotonic()
        for number in range(options.events):
            ahead_s = number / options.rate - (time.monotonic() - began) if options.rate else 0
            if ahead_s > 0:
                time.sleep(ahead_s)
            if number == options.events // 2:
                clock.shift_ns += options.jump * NS
            turn, place = divmod(number + round_number * options.events, len(self.jobs))
            job, n = self.jobs[place], options.first + turn
            if n % ERROR_EVERY:
                self.note(f"{job.id} {n}", job.item, {"n": n, "title": padding})
            else:
                self.note(f"{job.id} {n}", job.error, "the page was empty", kind="empty", n=n)

    def fork(self, emitter: Emitter, options: argparse.Namespace, clock: WrongClock, number: int) -> BaseProcess:
        """A child that sends as many events again, through the emitter that its parent has used."""

        def live() -> None:
            self.scrape(options, clock, number)
            self.close(emitter)

        child = get_context("fork").Process(target=live)
        child.start()
        return child

    def note(self, what: str, emit: Callable[..., None], *arguments: object, **fields: object) -> None:
        """Emit, and note so before and after."""
        os.write(self._ledger, f"+{what}\n".encode())
        emit(*arguments, **fields)
        os.write(self._ledger, f"={what}\n".encode())

    def close(self, emitter: Emitter) -> None:
        """Wait for what is still to be sent, and note the client's figures."""
        emitter.close()
        os.write(self._ledger, f"#{json.dumps(vars(emitter.ledger))}\n".encode())


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
    parser.add_argument("--forks", type=int, default=0, help="children that send as many events again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
