"""A crowd of viewers of one job, all in one process: ``python -m bench.viewers``, driven by `bench.watch`.

Its argument is what it shall do (`Task` as JSON); it says ``ready`` when everybody has subscribed, and at the end how
late the events came. Every viewer must be told every event once and in order, else it ends with an error. It hardly
uses the processor: a message that was sent to all is looked into once.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from bench.frames import PATIENCE_S, Reader, connect, frame

SILENCE_S: Final = 20.0
"""So long without a word, and what is missing counts as lost."""

BUCKETS_PER_MS: Final = 10
_EVENT: Final = re.compile(rb'"n":(\d+),"sent":(\d+)')
_EVENTS: Final = b'42/live,["events"'
_PONG: Final = frame("3")


@dataclass(frozen=True, slots=True)
class Task:
    """What a crowd shall do: `viewers` of them wait for events 1 to `events` of `job`."""

    address: str
    token: str
    job: str
    viewers: int
    events: int


@dataclass(frozen=True, slots=True)
class Message:
    """A batch of events as it was sent to every viewer: their numbers, and when each was emitted (µs, monotonic)."""

    numbers: range
    sent_us: tuple[int, ...]


class Lost(Exception):
    """A viewer was not told everything once and in order."""


class Crowd:
    """See the module."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._next = [1] * task.viewers
        self._unfinished = task.viewers
        self._messages: dict[bytes, Message] = {}
        self._heard: list[tuple[Message, int]] = []
        self._selector = selectors.DefaultSelector()
        for number in range(task.viewers):
            sock, reader = self._subscribed()
            self._selector.register(sock, selectors.EVENT_READ, (sock, number, reader))
            self._serve(0)  # the first are pinged while the last arrive

    def listen(self) -> Counter[int]:
        """Until everybody has been told everything; how many events came how late, in parts of a ms.

        Raises:
            Lost: see there.
        """
        while self._unfinished:
            if not self._serve(SILENCE_S):
                raise Lost(f"{self._unfinished} of {self._task.viewers} viewers still wait for {set(self._next)}")
        return Counter(
            (arrived_us - sent_us) * BUCKETS_PER_MS // 1000
            for message, arrived_us in self._heard
            for sent_us in message.sent_us
        )

    def close(self) -> None:
        """Everybody leaves."""
        for key in list(self._selector.get_map().values()):
            key.data[0].close()
        self._selector.close()

    def _serve(self, timeout_s: float) -> bool:
        """Read what there is, or comes in that time; whether there was any."""
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            self._read(*key.data)
        return bool(ready)

    def _subscribed(self) -> tuple[socket.socket, Reader]:
        sock, reader = connect(self._task.address, "/live", self._task.token)
        wanted = json.dumps({"jobId": self._task.job, "batched": True})
        sock.sendall(frame(f'42/live,1["subscribe",{wanted}]'))
        sock.settimeout(PATIENCE_S)
        while not any(each.startswith(b"43/live,1[") for each in reader.feed(sock.recv(2**16))):
            pass
        return sock, reader

    def _read(self, sock: socket.socket, viewer: int, reader: Reader) -> None:
        data = sock.recv(2**18)
        if not data:
            raise Lost(f"The server ended the connection of viewer {viewer}")
        now_us = time.monotonic_ns() // 1000
        for message in reader.feed(data):
            if message.startswith(_EVENTS):
                self._hear(viewer, message, now_us)
            elif message == b"2":
                sock.sendall(_PONG)

    def _hear(self, viewer: int, text: bytes, now_us: int) -> None:
        message = self._messages.get(text) or self._understand(text)
        if message.numbers.start != self._next[viewer]:
            raise Lost(f"Viewer {viewer} was told {message.numbers} and not {self._next[viewer]}")
        self._next[viewer] = message.numbers.stop
        self._heard.append((message, now_us))
        self._unfinished -= message.numbers.stop > self._task.events

    def _understand(self, text: bytes) -> Message:
        found = [(int(number), int(sent_us)) for number, sent_us in _EVENT.findall(text)]
        numbers = range(found[0][0], found[-1][0] + 1)
        if list(numbers) != [number for number, _ in found]:
            raise Lost(f"The events of a message are not in order: {[number for number, _ in found]}")
        message = Message(numbers, tuple(sent_us for _, sent_us in found))
        self._messages[text] = message
        return message


def main() -> None:
    """Gather, listen, report."""
    crowd = Crowd(Task(**json.loads(sys.argv[1])))
    print("ready", flush=True)
    try:
        print(json.dumps(crowd.listen()), flush=True)
    except Lost as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
