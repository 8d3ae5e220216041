"""The documents as their page shows them: by resource, each operation with what to send and what comes back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Final
from urllib.parse import quote as quote_path
from urllib.parse import urlencode

from app.core.problems import CONTENT_TYPE
from app.reference.catalogue import data_name
from app.reference.openapi.document import REFUSED
from app.reference.words import Piece, Row, kind, rows
from scrapewatch.events import EVENTS

_JSON: Final = "application/json"
_PLACES: Final = {"path": "in the address", "header": "a header"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer: its status and sentence, and by media type what it holds."""

    status: str
    about: str
    holds: Sequence[tuple[str, Sequence[Piece]]]

    @property
    def is_refusal(self) -> bool:
        """Whether it is a problem, or comes from the server in front."""
        return self.status >= "4" and all(media == CONTENT_TYPE for media, _ in self.holds)

    @property
    def is_own(self) -> bool:
        """Whether its sentence is of this operation rather than of all."""
        return REFUSED.get(int(self.status)) != self.about


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An operation.

    Attributes:
        anchor: its place on the page.
        body: what to send, by media type.
        fields: of a JSON body that is an object with no name of its own.
        curl: an example for a shell.
        refused: the problems that it may answer.
    """

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    permission: str
    parameters: Sequence[Row]
    body_about: str
    body: Sequence[tuple[str, Sequence[Piece]]]
    fields: Sequence[Row]
    curl: str
    answers: Sequence[Told]
    refused: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of a resource."""

    anchor: str
    name: str
    about: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape that others name, or a type of events; one of these may be the server's alone to send."""

    name: str
    about: str
    kind: Sequence[Piece]
    rows: Sequence[Row]
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A message of the socket; `ack` is what it is answered."""

    name: str
    about: str
    kind: Sequence[Piece]
    rows: Sequence[Row]
    ack: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Channel:
    """A namespace of the socket, what may be sent there and what is heard."""

    anchor: str
    address: str
    about: str
    permission: str
    sent: Sequence[Note]
    heard: Sequence[Note]


def sections(document: Mapping[str, Any]) -> list[Section]:
    """The resources in the document's order."""
    address = document["servers"][0]["url"]
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entries[operation["tags"][0]].append(_entry(address, path, method.upper(), operation))
    return [
        Section(f"of-{tag['name'].lower()}", tag["name"], tag["description"], entries[tag["name"]])
        for tag in document["tags"]
    ]


def shapes(*documents: Mapping[str, Any]) -> list[Shape]:
    """The shapes of both by name; envelopes and data of events are told by a table of their own."""
    known = {name: shape for document in documents for name, shape in document["components"]["schemas"].items()}
    return [
        Shape(name, known[name].get("description", ""), kind(known[name]), list(rows(known[name])))
        for name in sorted(known)
        if not name.startswith(("Envelope.", "Data."))
    ]


def channels(document: Mapping[str, Any]) -> list[Channel]:
    """The namespaces of the socket; events that go by the names of their types are told by a table of their own."""
    return [
        Channel(
            f"socket-{name}",
            told["address"],
            told["description"],
            told["x-permission"],
            [_note(told["messages"], key) for key in told["messages"] if _is_own(key, "sent")],
            [_note(told["messages"], key) for key in told["messages"] if _is_own(key, "heard")],
        )
        for name, told in document["channels"].items()
    ]


def _is_own(key: str, way: str) -> bool:
    name, _, found = key.partition(".")
    return found == way and name not in EVENTS


def _note(messages: Mapping[str, Any], key: str) -> Note:
    told = messages[key]
    name, payload = told["name"], told["payload"]
    ack = messages.get(f"{name}.ack") if key.endswith(".sent") else None
    return Note(name, told["summary"], kind(payload), list(rows(payload)), kind(ack["payload"]) if ack else [])


def types(document: Mapping[str, Any]) -> list[Shape]:
    """The types of events and the fields of their data."""
    known = document["components"]["schemas"]
    return [
        Shape(name, one.about, [], list(rows(known[data_name(name)])), is_ours=one.by_server)
        for name, one in EVENTS.items()
    ]


def _entry(address: str, path: str, method: str, operation: Mapping[str, Any]) -> Entry:
    body = operation.get("requestBody", {"description": "", "content": {}})
    schema = body["content"].get(_JSON, {}).get("schema", {})
    answers = [_told(status, answer) for status, answer in operation["responses"].items()]
    return Entry(
        anchor=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        permission=operation["x-permission"],
        parameters=[_parameter(one) for one in operation.get("parameters", ())],
        body_about=body["description"],
        body=[(media, kind(told["schema"])) for media, told in body["content"].items()],
        fields=list(rows(schema)),
        curl=_curl(address, path, method, operation),
        answers=[told for told in answers if not told.is_refusal],
        refused=[told for told in answers if told.is_refusal],
    )


def _told(status: str, answer: Mapping[str, Any]) -> Told:
    holds = [(media, kind(told["schema"])) for media, told in answer.get("content", {}).items()]
    return Told(status=status, about=answer["description"], holds=holds)


def _parameter(one: Mapping[str, Any]) -> Row:
    said = (_PLACES.get(one["in"]), one.get("description"), one["schema"].get("description"))
    return Row(one["name"], kind(one["schema"]), one.get("required", False), "; ".join(filter(None, said)))


def _curl(address: str, path: str, method: str, operation: Mapping[str, Any]) -> str:
    """A command that asks it, with what must be given."""
    query = []
    for one in operation.get("parameters", ()):
        shown = one.get("example")
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote_path(str(shown), safe=""))
        elif one["in"] == "query" and one.get("required"):
            query.append((one["name"], shown))
    target = f"{address}{path}" + (f"?{urlencode(query)}" if query else "")
    parts = ["curl" + ("" if method == "GET" else f" -X {method}") + f" {quote(target)}"]
    if operation["security"]:
        parts.append('-H "Authorization: Bearer $SCRAPEWATCH_TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if _JSON in content:
        sent = json.dumps(content[_JSON]["example"], ensure_ascii=False, indent=2)
        parts += [f"-H 'Content-Type: {_JSON}'", f"-d {quote(sent)}"]
    return " \\\n  ".join(parts)
