r"""The corpus as data: what is sent, and what must become of it, the same over every database and transport.

A case stands in one of the ``*.json`` files here, or in `built` when JSON can't say it well::

    {"id": "B01", "what": "NaN", "event": {"raw": {"data": "{\"n\":NaN}"}, "rejected": ["invalid", "data.n"]}}

An event is a good one with changes: ``with`` (fields by value), ``raw`` (fields by their JSON text), ``without``
(names of fields); or ``text``, the whole envelope as it is sent. Its outcome is ``stored`` (what must be read back;
`data` is by default what was sent, `flags` none), ``rejected`` (code and field) or ``duplicate``. In place of
``event`` a case may have ``messages``, each a list of events; ``by`` names another sender of it. Texts may hold
``@job``, ``@now``, ``@now+5`` (ms) and ``@id1``, which are new for every run. ``job`` is what the case's job must be
like in the end.

To add a case, add a row; the runner is `test_cases`.
"""

import json
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
_MARK: Final = re.compile(r"@(job|now|id\d)([+-]\d+)?")
_ABSENT: Final = object()


@dataclass(frozen=True)
class Sent:
    """An event as it is sent, and what must become of it.

    Attributes:
        text: its JSON text, with marks.
        stored: what must be read back, field by field; None when it must not be stored.
        rejected: code and field of the rejection that it must get, if any.
    """

    text: str
    stored: Mapping[str, Any] | None = None
    rejected: tuple[str, str] | None = None

    @property
    def outcome(self) -> str:
        """``stored``, ``rejected`` or ``duplicate``."""
        if self.stored is not None:
            return "stored"
        return "duplicate" if self.rejected is None else "rejected"


@dataclass(frozen=True)
class Message:
    """Events sent together.

    Attributes:
        refused: the code that the whole message must get, if any.
        by: whose it is: the ``default`` sender's, or the ``other``'s.
    """

    events: Sequence[Sent]
    by: str = "default"
    refused: str = ""


@dataclass(frozen=True)
class Case:
    """A row of the corpus.

    Attributes:
        alone: whether it is sent without good neighbours, since it fills a batch by itself.
        job: what the API must say of the job in the end.
    """

    id: str
    what: str
    messages: Sequence[Message]
    alone: bool = False
    job: Mapping[str, Any] = field(default_factory=dict)


class Marks:
    """What the marks in texts stand for in one run of one case.

    Args:
        name: of the run; its job is called so.
        now_ms: the present, ms since 1970 UTC; that of the clock if it is not given.
    """

    def __init__(self, name: str, now_ms: int | None = None) -> None:
        self.job = name
        self._now_ms = round(time.time() * 1000) if now_ms is None else now_ms
        self._ids: dict[str, str] = {}

    def fill(self, text: str) -> str:
        """`text` with every mark replaced."""
        return _MARK.sub(self._one, text)

    def filled(self, value: Any) -> Any:
        """The same inside a JSON value."""
        return json.loads(self.fill(json.dumps(value)))

    def _one(self, mark: re.Match[str]) -> str:
        name, shift = mark.groups()
        if name == "job":
            return self.job + (shift or "")
        if name == "now":
            return str(self._now_ms + int(shift or 0))
        return self._ids.setdefault(name, str(uuid.uuid4()))


def envelope(raw: Mapping[str, str], without: Sequence[str] = ()) -> str:
    """The JSON text of a good event with some fields given by their own text, and some left out."""
    good = {"type": '"item_scraped"', "jobId": '"@job"', "timestamp": "@now", "data": '{"n":1}'}
    fields = {name: text for name, text in {**good, **raw}.items() if name not in without}
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"


def stored(raw: Mapping[str, str], **read_back: Any) -> Sent:
    """A changed event that must be stored."""
    return Sent(envelope(raw), {"flags": [], **read_back})


def rejected(raw: Mapping[str, str], code: str, at: str) -> Sent:
    """A changed event that must be refused."""
    return Sent(envelope(raw), rejected=(code, at))


def read_cases() -> list[Case]:
    """Every case of the JSON files, by name of file."""
    return [_case(row) for file in sorted(FOLDER.glob("*.json")) for row in json.loads(file.read_text("utf-8"))]


def _case(row: dict[str, Any]) -> Case:
    given = row.get("messages") or [[row["event"]]]
    messages = [each if isinstance(each, dict) else {"events": each} for each in given]
    return Case(
        id=row["id"],
        what=row["what"],
        messages=[
            Message([_sent(each) for each in message["events"]], message.get("by", "default")) for message in messages
        ],
        job=row.get("job", {}),
    )


def _sent(row: dict[str, Any]) -> Sent:
    raw = {**{name: json.dumps(value) for name, value in row.get("with", {}).items()}, **row.get("raw", {})}
    text = row["text"] if "text" in row else envelope(raw, row.get("without", ()))
    if "rejected" in row:
        code, at = row["rejected"]
        return Sent(text, rejected=(code, at))
    if row.get("duplicate"):
        return Sent(text)
    read_back = {"flags": [], **row["stored"]}
    if read_back.get("data", _ABSENT) is _ABSENT:
        read_back["data"] = json.loads(raw.get("data", '{"n":1}'))
    return Sent(text, read_back)
