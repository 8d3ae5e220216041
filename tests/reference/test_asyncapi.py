"""The AsyncAPI document and the socket say the same."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jsonschema
import pytest

from app.reference.asyncapi import live, scrapers
from scrapewatch.events import EVENTS
from tests import parts
from tests.reference.conftest import House
from tests.reference.judge import Shapes, closed
from tests.server import Server
from tests.sockets import Refused, Viewer, connected

JOB = "told"
NOW = "2100-01-01T00:00:00Z"


def test_every_handler_is_told_of_and_nothing_else(house: House):
    """What the namespaces listen to is what the document says may be sent; events go by the names of their types."""
    handlers = house.process._sockets._server.handlers
    own = {"connect", "disconnect", "*"}
    types = {name for name, kind in EVENTS.items() if not kind.by_server}
    assert scrapers.SENT.keys() == {"connect", "events", *types, *handlers["/"].keys() - own}
    assert live.SENT.keys() == {"connect", *handlers["/live"].keys() - own}


def test_the_document_is_one(asyncapi: Any):
    """It is an AsyncAPI 3.0 document by the specification's own schema."""
    schema = parts.asyncapi() or pytest.skip("AsyncAPI's schema: not installed; `python -m tests.parts` obtains it")
    assert not [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(asyncapi)]


def test_its_references_lead_somewhere(asyncapi: Any):
    """Whatever it refers to stands in it, and each operation and each reply has a message of its channel."""
    found = list(_references(asyncapi))
    assert len(found) > 100
    for reference in found:
        place: Any = asyncapi
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for operation in asyncapi["operations"].values():
        for told in (operation, operation.get("reply", operation)):
            assert all(one["$ref"].startswith(told["channel"]["$ref"] + "/messages/") for one in told["messages"])


def test_examples_are_what_they_show(asyncapi: Any):
    """Every example has the shape that it is an example of."""
    shapes = Shapes(asyncapi)
    for channel, told in asyncapi["channels"].items():
        for name, message in told["messages"].items():
            for example in message.get("examples", ()):
                assert not shapes.faults(example["payload"], "channels", channel, "messages", name, "payload")


def test_what_goes_over_the_socket_is_told(server: Server, environment: Mapping[str, str]):
    """A job, read in every room one by one and in batches: each acknowledgement and each message has its shape."""
    judge = _Judge(server.json("/api/v1/asyncapi.json", token=environment["READ_TOKEN"]))
    read, write = environment["READ_TOKEN"], environment["INGEST_TOKEN"]
    with pytest.raises(Refused) as refused, connected(server, "no token", "/live"):
        pass
    judge.heard("live", "connect_error", refused.value.args[0][0]["data"])
    with (
        connected(server, read, "/live") as one,
        connected(server, read, "/live") as other,
        connected(server, write) as scraper,
    ):
        singly, batched = Viewer(one), Viewer(other)
        for viewer, is_batched in ((singly, False), (batched, True)):
            for room in ("jobs", "alerts", "metrics", "events", f"job:{JOB}"):
                judge.ack("live", "subscribe", viewer.subscribe(room=room, batched=is_batched))
        judge.ack("live", "subscribe", singly.subscribe(room="nowhere"))
        judge.ack("scrapers", "hello", scraper.call("hello", {"epoch": "no id"}))
        for name, data in (
            ("job_started", {"source": "a"}),
            ("item_scraped", {"price": 1}),
            ("error", {"message": "no"}),
        ):
            judge.ack("scrapers", name, scraper.call(name, {"jobId": JOB, "timestamp": NOW, "data": data}))
        judge.ack("scrapers", "events", scraper.call("events", [{"type": "log", "jobId": JOB, "timestamp": NOW}, {}]))
        judge.ack("scrapers", "events", scraper.call("events", {"no": "list"}))
        for viewer, name in ((singly, "log"), (singly, "jobs"), (singly, "metrics"), (batched, "events")):
            viewer.wait(partial(viewer.named, name))
        judge.ack("live", "subscribe", singly.subscribe(jobId=JOB, since=1))
        judge.ack("live", "unsubscribe", one.call("unsubscribe", {"jobId": JOB}, namespace="/live"))
        judge.ack("live", "unsubscribe", one.call("unsubscribe", {}, namespace="/live"))
        server.stop()
        singly.wait(lambda: bool(singly.named("server_closing")))
    for viewer in (singly, batched):
        for name, payload in viewer.heard:
            if name != "disconnect":
                judge.heard("live", name, payload)
    assert {"job_started", "item_scraped", "error", "log", "events", "jobs", "metrics", "server_closing"} <= judge.names


class _Judge:
    """Fails for what the document does not tell of; `names` are those that were heard."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document, self._shapes = document, Shapes(closed(document))
        self.names: set[str] = set()

    def ack(self, channel: str, name: str, said: Any) -> None:
        self._judge(channel, f"{name}.ack", said)

    def heard(self, channel: str, name: str, said: Any) -> None:
        self.names.add(name)
        self._judge(channel, f"{name}.heard", said)

    def _judge(self, channel: str, message: str, said: Any) -> None:
        assert message in self._document["channels"][channel]["messages"]
        faults = self._shapes.faults(said, "channels", channel, "messages", message, "payload")
        assert not faults, f"{message} {said}: {faults}"


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [found for each in value.values() for found in _references(each)]
