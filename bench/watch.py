"""One job that is scraped at an even pace, and viewers who watch it."""

import json
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

from bench.frames import PATIENCE_S, connect, frame
from bench.samples import EPOCH, job_name
from bench.target import READ_TOKEN, TOKEN, cpu_s
from bench.viewers import BUCKETS_PER_MS, Task
from scrapewatch.ids import uuid7
from tests.server import ROOT, Server


@dataclass(frozen=True, slots=True)
class Load:
    """How many events come how fast, one message each, and who watches from how many processes."""

    events: int
    per_s: int
    viewers: int
    processes: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a load: from emit to viewer, over all events and viewers, and the server's CPU (1 is a core)."""

    p50_ms: float
    p99_ms: float
    cores: float


def watch(server: Server, load: Load) -> Seen:
    """Put the load on a running server, and see.

    Raises:
        RuntimeError: a viewer was not told every event once and in order, or an event was not accepted.
    """
    job = job_name("watched")
    share = load.viewers // load.processes
    task = Task(server.address, READ_TOKEN, job, share, load.events)
    with ExitStack() as stack:
        crowds = [stack.enter_context(_crowd(task)) for _ in range(load.processes)]
        for crowd in crowds:
            _said(crowd)
        before = cpu_s(server)
        _Scraper(server.address, job).emit(load.events, load.per_s)
        reports = [json.loads(_said(crowd)) for crowd in crowds]
        cores = (cpu_s(server) - before) * load.per_s / load.events
    late: Counter[int] = Counter()
    for report in reports:
        late.update({int(bucket): count for bucket, count in report.items()})
    if late.total() != share * load.processes * load.events:
        raise RuntimeError(f"{late.total()} events were seen, not {share * load.processes * load.events}")
    return Seen(_quantile(late, 0.5), _quantile(late, 0.99), cores)


class _Scraper:
    """Emits events one by one, each at its time, whatever the answers."""

    def __init__(self, address: str, job: str) -> None:
        self._job = job
        self._socket, self._reader = connect(address, "/", TOKEN)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._accepted = 0

    def emit(self, events: int, per_s: int) -> None:
        """All of them, and wait until they are acknowledged."""
        with self._socket, self._selector:
            began = time.monotonic()
            for number in range(1, events + 1):
                self._read_until(began + number / per_s)
                self._socket.sendall(self._message(number))
            deadline = time.monotonic() + PATIENCE_S
            while self._accepted < events and time.monotonic() < deadline:
                self._read()
            if self._accepted != events:
                raise RuntimeError(f"{self._accepted} of {events} events were accepted")

    def _read_until(self, due: float) -> None:
        while (left := due - time.monotonic()) > 0:
            if self._selector.select(left):
                self._read()

    def _read(self) -> None:
        for packet in self._reader.feed(self._socket.recv(2**16)):
            self._accepted += packet.startswith(b"43") and b'"accepted":1' in packet
            if packet == b"2":
                self._socket.sendall(frame("3"))

    def _message(self, number: int) -> bytes:
        data = f'{{"n":{number},"sent":{time.monotonic_ns() // 1000},"title":"Card no. {number:06}","price":"3.99"}}'
        return frame(
            f'42{number}["events",[{{"seq":{number},"type":"item_scraped","jobId":"{self._job}",'
            f'"timestamp":{time.time_ns() // 1_000_000},"id":"{uuid7()}","epoch":"{EPOCH}","data":{data}}}]]'
        )


@contextmanager
def _crowd(task: Task) -> "Iterator[subprocess.Popen[str]]":
    """Viewers who stay no longer than the block."""
    command = (sys.executable, "-m", "bench.viewers", json.dumps(asdict(task)))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as crowd:
        try:
            yield crowd
        finally:
            crowd.kill()  # nothing, if it has ended


def _said(crowd: "subprocess.Popen[str]") -> str:
    """Its next line; what went wrong is on the terminal already."""
    line = crowd.stdout.readline() if crowd.stdout else ""
    if not line:
        raise RuntimeError("The viewers gave up")
    return line


def _quantile(late: Counter[int], share: float) -> float:
    """Ms within which that share of the events came."""
    rest = late.total() * share
    for bucket in sorted(late):
        rest -= late[bucket]
        if rest <= 0:
            break
    return (bucket + 0.5) / BUCKETS_PER_MS
