"""A viewer that keeps to the contract: comes back when the server does, and fills every gap by its cursor."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from queue import SimpleQueue
from typing import Any, Final

import socketio

from tests.faults.kept import reading, stored
from tests.faults.rig import Rig
from tests.server import Server
from tests.sockets import PATIENCE_S

LIVE: Final = "/live"
RETRY_S: Final = 0.1
CAUGHT_UP_S: Final = 20


class Watcher:
    """Reads the room of all events, in batches, on a thread of its own; to be used as a context.

    Args:
        server: where it reads.
        token: by which it may.
        others: further processes, where it goes on in turn when it is cut off. What it has missed by then is read in
            the history, where it is more than is sent again.

    Attributes:
        seen: cursors of the events it got, each once.
        spans: the stretches between resets: cursor of the beginning, cursor of the end.
        breaks: events that did not follow from what was seen, although the gap had been filled.
        read: how often it was so far behind that it had to read in the history.
    """

    def __init__(self, server: Server, token: str, others: Sequence[Server] = ()) -> None:
        self.seen: list[int] = []
        self.spans: list[list[int]] = []
        self.breaks = 0
        self.read = 0
        self._servers = cycle([server, *others])
        self._server = server
        self._reads = bool(others)
        self._token = token
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._client: Any = None
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._client is not None:
            self._client.disconnect()
        self._thread.join(PATIENCE_S)

    @property
    def last(self) -> int:
        """The cursor up to which all is seen."""
        return self.spans[-1][1] if self.spans else 0

    def faults(self, url: str) -> dict[str, int]:
        """What it saw amiss, against the database at `url`; empty when nothing was."""
        with reading(url) as connection:
            kept = {row.cursor for row in stored(connection)}
        due = {cursor for cursor in kept if any(begin < cursor <= end for begin, end in self.spans)}
        amiss = {
            "breaks": self.breaks,
            "ghosts": len(set(self.seen) - kept),
            "missed": len(due - set(self.seen)),
            "twice": len(self.seen) - len(set(self.seen)),
        }
        return {name: number for name, number in amiss.items() if number}

    def catch_up(self, url: str) -> None:
        """Wait until it has seen all that it should, and nothing else."""
        Rig.until(lambda: not self.faults(url), CAUGHT_UP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(socketio.exceptions.SocketIOError):
                self._stay()
            self._stop.wait(RETRY_S)

    def _stay(self) -> None:
        """One connection, from its beginning to its end."""
        heard: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self._client = client = socketio.Client(reconnection=False)
        client.eio.websocket_extra_options = {"suppress_origin": True}
        client.on("events", heard.put, namespace=LIVE)
        client.on(
            "lagging", lambda *_: heard.put({"events": [{"cursor": self.last + 1, "prev": None}]}), namespace=LIVE
        )
        client.on("disconnect", lambda *_: heard.put(None), namespace=LIVE)
        auth = {"token": self._token}
        self._server = next(self._servers)
        client.connect(self._server.address, auth=auth, transports=["websocket"], namespaces=[LIVE])
        self._fill()
        self._ready.set()
        while (batch := heard.get()) is not None:
            for event in batch["events"]:
                self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        if event["cursor"] <= self.last:  # sent twice rather than never
            return
        if event["prev"] != self.last:
            self._fill()
        if event["cursor"] > self.last:
            self._see(event)

    def _fill(self) -> None:
        wanted = {"room": "events", "batched": True, **({"since": self.last} if self.spans else {})}
        answer = self._client.call("subscribe", wanted, namespace=LIVE, timeout=PATIENCE_S)
        if not answer["ok"]:
            raise socketio.exceptions.SocketIOError(answer)
        if answer["reset"] and self._reads:
            self._read_up_to(answer["cursor"])
        elif answer["reset"] or not self.spans:
            self.spans.append([answer["cursor"], answer["cursor"]])
        for event in answer["replay"]:
            self._see(event)

    def _read_up_to(self, cursor: int) -> None:
        """Read in the history what lies between; newest first, so from its end."""
        missed: list[int] = []
        page: Mapping[str, Any] = {"next": ""}
        while page["next"] is not None and (not missed or missed[-1] > self.last):
            target = f"/api/v1/events?limit=1000&next={page['next']}"
            page = self._server.json(target, token=self._token)
            missed += [event["cursor"] for event in page["items"] if event["cursor"] <= cursor]
        self.seen += [one for one in reversed(missed) if one > self.last]
        self.spans[-1][1] = cursor
        self.read += 1

    def _see(self, event: Mapping[str, Any]) -> None:
        self.breaks += event["prev"] != self.last
        self.seen.append(event["cursor"])
        self.spans[-1][1] = event["cursor"]
