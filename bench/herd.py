"""Thousands of jobs that run at once, in a process of their own: ``python -m bench.herd ADDRESS TOKEN JOBS PER_S``.

Events are offered in batches of 500 over a few sockets, each at its time; where the server has not answered a few, the
next wait, and what was due meanwhile is not made up for. It says ``ready`` once every job has begun, goes on until a
line comes in, and ends with a line of JSON: how many events were accepted, and in how many seconds.
"""

import json
import re
import select
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from typing import Final

from bench import samples
from bench.frames import Closed, connect, frame
from scrapewatch.ids import uuid7

BATCH: Final = 500
SOCKETS: Final = 4
UNANSWERED: Final = 6
_ACCEPTED: Final = re.compile(rb'"accepted":(\d+)')


class Herd:
    """The jobs of one socket."""

    def __init__(self, address: str, token: str, jobs: list[str], per_s: float) -> None:
        self._socket, self._reader = connect(address, "/", token)
        self._jobs = jobs
        self._pause_s = BATCH / per_s
        self._acks = count()
        self._sequence = 0
        self._unanswered = 0
        self.accepted = 0

    def begin(self) -> None:
        """Start every job."""
        for start in range(0, len(self._jobs), BATCH):
            self._send([_started(job) for job in self._jobs[start : start + BATCH]])
        while self._unanswered:
            self._read(1.0)

    def run(self, over: Event) -> None:
        """Send batch after batch until it is over; jobs take turns."""
        due, place = time.monotonic(), 0
        while not over.is_set():
            due = max(due + self._pause_s, time.monotonic() - self._pause_s)
            while (left := due - time.monotonic()) > 0 or self._unanswered >= UNANSWERED:
                self._read(max(0.001, left))
            now_ms = time.time_ns() // 1_000_000
            self._sequence += 1
            turn = [self._jobs[(place + step) % len(self._jobs)] for step in range(BATCH)]
            place += BATCH
            self._send([samples.envelope(job, self._sequence, now_ms) for job in turn])
        while self._unanswered:
            self._read(1.0)
        self._socket.close()

    def _send(self, envelopes: list[str]) -> None:
        self._socket.sendall(samples.message(envelopes, next(self._acks)))
        self._unanswered += 1

    def _read(self, timeout_s: float) -> None:
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return
        data = self._socket.recv(2**16)
        if not data:
            raise Closed("The server ended the connection")
        for packet in self._reader.feed(data):
            if packet == b"2":
                self._socket.sendall(frame("3"))
            elif packet.startswith(b"43"):
                found = _ACCEPTED.search(packet)
                self.accepted += int(found[1]) if found else 0
                self._unanswered -= 1


def _started(job: str) -> str:
    now_ms = time.time_ns() // 1_000_000
    data = json.dumps({"source": f"shop-{int(job[-4:]) % 50}.example", "query": f"shelf {int(job[-4:]) % 500}"})
    return f'{{"type":"job_started","jobId":"{job}","timestamp":{now_ms},"id":"{uuid7()}","data":{data}}}'


def main() -> None:
    """Begin, run, tell."""
    address, token, jobs, per_s = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    stem = samples.job_name("herd")
    names = [f"{stem}-{number:04}" for number in range(jobs)]
    herds = [Herd(address, token, names[place::SOCKETS], per_s / SOCKETS) for place in range(SOCKETS)]
    with ThreadPoolExecutor(SOCKETS) as threads:
        list(threads.map(Herd.begin, herds))
        print("ready", flush=True)
        over, before, began = Event(), sum(herd.accepted for herd in herds), time.monotonic()
        running = [threads.submit(herd.run, over) for herd in herds]
        sys.stdin.readline()
        over.set()
        for each in running:
            each.result()
    print(json.dumps([sum(herd.accepted for herd in herds) - before, time.monotonic() - began]), flush=True)


if __name__ == "__main__":
    main()
