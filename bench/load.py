"""Clients that load a server: frames made beforehand, several batches unacknowledged, answers hardly looked at.

They must never be what is measured: sending a batch is one system call, an acknowledgement is a search for a number.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bench import samples
from bench.frames import Closed, connect, frame
from bench.target import TOKEN

BATCH: Final = 400
UNACKNOWLEDGED: Final = 6
Envelope = Callable[[str, int, int], str]

_ACCEPTED: Final = re.compile(rb'"accepted":(\d+)')
_PONG: Final = frame("3")


def batches(job: str, count: int, at_ms: int, envelope: Envelope = samples.envelope) -> list[bytes]:
    """The frames of `count` batches of one job, at `at_ms` and after."""
    first = range(1, count * BATCH + 1, BATCH)
    texts = ([envelope(job, number, at_ms) for number in range(start, start + BATCH)] for start in first)
    return [samples.message(batch, ack_id) for ack_id, batch in enumerate(texts)]


class Clients:
    """Some connections to one server, each with a thread of its own."""

    def __init__(self, address: str, count: int) -> None:
        self._connections = [Client(address) for _ in range(count)]
        self._threads = ThreadPoolExecutor(count)

    def send(self, shares: Sequence[Sequence[bytes]]) -> None:
        """Every client sends its share; returns when all is acknowledged."""
        list(self._threads.map(Client.send, self._connections, shares))

    def close(self) -> None:
        """End the connections."""
        for connection in self._connections:
            connection.close()
        self._threads.shutdown()


class Client:
    """One connection to the namespace for scrapers."""

    def __init__(self, address: str) -> None:
        self._socket, self._reader = connect(address, "/", TOKEN)
        self._unread: list[bytes] = []

    def send(self, frames: Sequence[bytes]) -> None:
        """Send them, `UNACKNOWLEDGED` at most ahead of the answers, and wait for the last answer.

        Raises:
            RuntimeError: the server did not accept every event.
        """
        for number, each in enumerate(frames):
            if number >= UNACKNOWLEDGED:
                self._await_answer()
            self._socket.sendall(each)
        for _ in range(min(UNACKNOWLEDGED, len(frames))):
            self._await_answer()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _await_answer(self) -> None:
        packet = self._next()
        while not packet.startswith(b"43"):
            packet = self._next()
        accepted = _ACCEPTED.search(packet)
        if accepted is None or int(accepted[1]) != BATCH:
            raise RuntimeError(f"Not all events were accepted: {packet[:500].decode()}")

    def _next(self) -> bytes:
        """The next packet but pings, which are answered."""
        while True:
            while self._unread:
                packet = self._unread.pop(0)
                if packet != b"2":
                    return packet
                self._socket.sendall(_PONG)
            data = self._socket.recv(2**16)
            if not data:
                raise Closed("The server ended the connection")
            self._unread += self._reader.feed(data)
