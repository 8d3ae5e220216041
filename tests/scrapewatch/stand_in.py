"""A small Socket.IO server that keeps to the protocol for scrapers, for tests of the client alone.

`StandIn` runs inside the test and can be told what to answer. Run as a program, ``stand_in.py PORT FILE``,
it is a server that can really be killed: it writes each event to FILE before it answers.
"""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import socketio
from socketio.exceptions import ConnectionRefusedError as Refused
from werkzeug.serving import WSGIRequestHandler, make_server

TOKEN = "a-token-of-more-than-thirty-two-characters"


class Quiet(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Nothing: requests are not news here."""


class StandIn:
    """Listens on a loopback port and remembers, by id, every event it took.

    Attributes:
        events: what was stored, in order.
        messages: the batches as they came, tries that were refused included.
        reports: what clients said of themselves; not among the two above.
        answers: functions of a batch; each is asked once, in turn, in place of the usual answer, and may
            return None to leave it at that.
        refusal: data of the refusal at connect, if connecting is refused.
        headers: the environment of each connection.
        senders: whose each token is.
    """

    def __init__(self, port: int = 0, keep: Callable[[dict[str, Any]], None] = lambda event: None) -> None:
        self.events: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.messages: list[list[dict[str, Any]]] = []
        self.answers: list[Callable[[list[dict[str, Any]]], Any]] = []
        self.refusal: dict[str, Any] | None = None
        self.headers: list[dict[str, Any]] = []
        self.sids: list[str] = []
        self.senders = {TOKEN: "one"}
        self._ids: set[str] = set()
        self._keep = keep
        self.io = socketio.Server(async_mode="threading", async_handlers=False, ping_interval=1, ping_timeout=1)
        self.io.on("connect", self._connect)
        self.io.on("events", self._events)
        self.io.on("hello", lambda sid, who: {"sender": self.io.get_session(sid)["sender"]})
        app = socketio.WSGIApp(self.io)
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.io.shutdown()

    def hang_up(self) -> None:
        """Close every connection, as a server that restarts does."""
        for sid in self.sids:
            self.io.disconnect(sid)
        self.sids.clear()

    def store(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        """Store a batch the way the real server does."""
        fresh = [event for event in batch if event["id"] not in self._ids]
        for event in fresh:
            self._keep(event)
        self._ids |= {event["id"] for event in fresh}
        self.events += fresh
        return answer(accepted=len(fresh), duplicates=len(batch) - len(fresh))

    def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        self.headers.append(environ)
        if self.refusal is not None:
            raise Refused(self.refusal["code"], self.refusal)
        sender = self.senders.get(auth.get("token", "")) if isinstance(auth, dict) else None
        if sender is None:
            raise Refused("unauthorized", {"code": "unauthorized", "message": "No such token", "retryAfter": 0})
        self.io.save_session(sid, {"sender": sender})
        self.sids.append(sid)

    def _events(self, _: str, batch: list[dict[str, Any]]) -> dict[str, Any]:
        if batch and batch[0]["type"] == "client_report":
            self.reports += batch
            return answer(accepted=len(batch))
        self.messages.append(batch)
        scripted = self.answers.pop(0)(batch) if self.answers else None
        return self.store(batch) if scripted is None else scripted


def answer(**fields: Any) -> dict[str, Any]:
    """An acknowledgement; `fields` come over those of an untroubled one."""
    flow = {"level": "ok", "retryAfter": 0, "sample": 1}
    return {"ok": True, "accepted": 0, "duplicates": 0, "rejected": [], "flow": flow, **fields}


def send(emitter, count, job="1"):
    """Emit `count` items, numbered from 0."""
    for n in range(count):
        emitter.emit("item_scraped", job, {"n": n})


def main(port: int, path: Path) -> None:
    """Serve until killed."""
    with path.open("a+", encoding="utf-8") as file:

        def keep(event: dict[str, Any]) -> None:
            file.write(json.dumps(event) + "\n")
            file.flush()

        server = StandIn(port, keep)
        file.seek(0)
        server._ids = {json.loads(line)["id"] for line in file if line.endswith("\n")}
        server.start()
        print(server.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
