"""A server under the corpus, with the others who must not notice: two senders, and a viewer of everything."""

import http.client
import itertools
import json
import queue
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import socketio

from scrapewatch.events import EVENTS
from tests.corpus.cases import Marks, envelope
from tests.server import Server, running
from tests.sockets import PATIENCE_S, connected, watching

QUIET: Final = {
    "LOG_FORMAT": "json",
    "BUFFER_FLUSH_INTERVAL": "1",
    "WEBSOCKET_PING_INTERVAL": "600000",  # everyone here is still connected after a pause of the tests
    "RATE_LIMIT_CONNECTIONS": "1000000",
    "JOB_STALLED_AFTER": "86400000",
    "JOB_LOST_AFTER": "86400000",
}
HEALTHY_S: Final = 1
ENGINE: Final = "engineio.server"
"""It logs an error for a request that names no session of its own, which is the client's."""
COMPARED: Final = ("id", "status", "attempt", "items", "errors", "source", "query", "tags", "itemsReported")
BYSTANDERS: Final = ("neighbour", "neighbour-of-other", "next")
"""Jobs that every case adds to."""
BY_HOUSE: Final = ("system_alert",)
"""Events that come by themselves, of the rules that a server has from its start."""


class House:
    """See the module. `check` is the oracle that holds after every case."""

    def __init__(self, server: Server, variables: Mapping[str, str], stack: ExitStack) -> None:
        basic = b64encode(f"admin:{variables['ADMIN_PASSWORD']}".encode()).decode()
        self._authorization = {"default": f"Bearer {variables['INGEST_TOKEN']}", "other": f"Basic {basic}"}
        self._reading = variables["READ_TOKEN"]
        self._numbers = itertools.count(1)
        self._events: dict[int, Any] = {}
        self._jobs: dict[str, Any] = {}
        self.server = server
        self.variables = variables
        self.senders = {
            name: stack.enter_context(connected(server, "", auth=None, headers={"Authorization": said}))
            for name, said in self._authorization.items()
        }
        self.viewer = stack.enter_context(watching(server, self._reading))
        assert self.viewer.subscribe(room="events")["ok"]
        self._is_settled = True

    def marks(self, name: str) -> Marks:
        """What texts are filled with in a run that is called so."""
        return Marks(f"{name}-{next(self._numbers)}")

    def begin(self) -> None:
        """Begin a case; what one that failed has left behind is taken as it is, so that it fails no other."""
        if not self._is_settled:
            self._events.update((event["cursor"], event) for event in self.history())
            self.viewer.heard.clear()
        self._is_settled = False

    def by_socket(self, texts: Sequence[str], by: str = "default") -> dict[str, Any]:
        """Send a message of envelopes by a stock client, as the text that it is; the acknowledgement."""
        answer: dict[str, Any] = call(self.senders[by], f'["events",[{",".join(texts)}]]')
        return answer

    def by_http(self, texts: Sequence[str], by: str = "default") -> dict[str, Any]:
        """The same as a request; a problem is its JSON."""
        status, answer = self.post(f"[{','.join(texts)}]".encode(), by=by)
        assert status == _status(answer), (status, answer)
        return answer

    def post(self, body: bytes, by: str = "default", **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer to a POST of events; underscores in the names of headers become hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Authorization": self._authorization[by], "Content-Type": "application/json", **given}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)) as line:
            line.request("POST", "/api/v1/events", body, given)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())

    def history(self, after: int = 0) -> list[Any]:
        """The events with a greater cursor, oldest first."""
        found: list[Any] = []
        target: str | None = "/api/v1/events?limit=100"
        while target and (not found or found[-1]["cursor"] > after):
            page = self.server.json(target, token=self._reading)
            found += page["items"]
            target = page["next"] and f"/api/v1/events?limit=1000&next={page['next']}"
        return [event for event in reversed(found) if event["cursor"] > after]

    def job(self, job_id: str) -> Any:
        """A job by the API."""
        return self.server.json(f"/api/v1/jobs/{quote(job_id)}", token=self._reading)

    def check(self, *, rows: int) -> list[Any]:
        """The oracle: the server is well, the next good event is stored and seen, and `rows` new ones before it.

        Returns those rows, oldest first, as the history tells them.
        """
        marks = self.marks("next")
        began = time.monotonic()
        assert self.server.request("/healthz")[0] == 200
        assert time.monotonic() - began < HEALTHY_S
        answer = self.by_socket([marks.fill(envelope({"jobId": '"next"', "id": '"@id1"'}))])
        assert (answer["ok"], answer["accepted"], answer["rejected"]) == (True, 1, []), answer
        known = max(self._events, default=0)
        new = self.history(after=known)
        self._seen_by_viewer(known, new)
        self._remember(new)
        self._is_settled = True
        sent = [event for event in new if event["type"] not in BY_HOUSE]
        assert len(sent) == rows + 1, [event["jobId"] for event in new]
        assert sent[-1]["id"] == marks.fill("@id1")
        return sent[:-1]

    def _seen_by_viewer(self, known: int, new: Sequence[Any]) -> None:
        """The viewer has heard exactly these, in an unbroken chain, and nothing that tells of trouble."""
        wanted = {event["cursor"] for event in new}
        self.viewer.wait(lambda: wanted <= {payload.get("cursor") for _, payload in self.viewer.heard})
        # A stock client calls its handlers from threads, so they may be noted out of turn; `prev` tells their order.
        heard = sorted(self.viewer.heard, key=lambda each: each[1].get("cursor", 0))
        assert [name for name, _ in heard if name not in EVENTS] == []
        chain = [known, *(event["cursor"] for event in new)]
        told = [{**event, "prev": prev} for event, prev in zip(new, chain, strict=False)]
        assert [payload for _, payload in heard[: len(told)]] == told
        self.viewer.heard[:] = heard[len(told) :]

    def _remember(self, new: Sequence[Any]) -> None:
        self._events.update((event["cursor"], event) for event in new)
        for job_id in {event["jobId"] for event in new} - {"", *BYSTANDERS}:
            self._jobs[job_id] = _compared(self.job(job_id))

    def check_all(self) -> None:
        """No event and no job is other than it was right after its case; the log is whole and tells of no failure."""
        kept = {event["cursor"]: event for event in self.history()}
        later = kept.keys() - self._events.keys()
        assert {kept.pop(cursor)["type"] for cursor in later} <= {*BY_HOUSE}
        assert kept == self._events
        jobs = self.server.json("/api/v1/jobs?limit=1000", token=self._reading)["items"]
        assert {job["id"]: _compared(job) for job in jobs if job["id"] not in BYSTANDERS} == self._jobs
        lines = [json.loads(line) for line in self.server.log.read_text().splitlines() if line.startswith("{")]
        assert [line for line in lines if line["level"] in {"error", "critical"} and line["logger"] != ENGINE] == []


def call(client: socketio.Client, arguments: str) -> Any:
    """The acknowledgement of an event whose JSON `arguments` are sent as they are, which no encoder would write."""
    answered: queue.SimpleQueue[Any] = queue.SimpleQueue()
    number = client._generate_ack_id("/", answered.put)
    client.eio.send(f"2{number}{arguments}")
    return answered.get(timeout=PATIENCE_S)


def _compared(job: Mapping[str, Any]) -> dict[str, Any]:
    """What of a job changes with its events alone."""
    return {name: job[name] for name in COMPARED}


def _status(answer: Mapping[str, Any]) -> int:
    """The status that an answer must come with."""
    if "code" in answer:
        return {"batch_too_large": 413, "invalid": 400}[answer["code"]]
    return 207 if answer["rejected"] else 200


@contextmanager
def inhabited(variables: Mapping[str, str], log: Path) -> Iterator[House]:
    """A house for as long as the block; whatever was changed behind a case's back is found at its end."""
    with running({**variables, **QUIET}, log) as server, ExitStack() as stack:
        house = House(server, variables, stack)
        yield house
        house.check_all()


Transport = Callable[[House, Sequence[str], str], dict[str, Any]]
TRANSPORTS: Final[dict[str, Transport]] = {"socket": House.by_socket, "http": House.by_http}
"""The two ways in."""
