"""Requests as data: what is asked, by whom, and what must be answered, over every database.

A row of ``requested/*.json``::

    {"id": "B70.limit", "what": "limits that are none", "each": ["-1", "0"],
     "ask": "GET /api/v1/jobs?limit=§", "as": "reader", "status": 400, "field": "limit"}

`each` holds what takes the place of ``§``, in one request after the other; ``repeat`` is a text and how often it is
written in a row for that. The body is ``json``, where a ``"§"`` of its own may become a value of any kind, ``text`` or
``form``; ``headers`` and ``basic`` (name and password) come along, ``header`` is one as it is written.

``as`` is who asks: ``reader``, ``scraper`` (tokens), ``admin`` (HTTP Basic), ``person`` (who is logged in),
``visitor`` (has seen the login form), ``nobody``. Texts may hold ``§admin`` (the password), ``§reading`` (a token),
``§session`` (a cookie); with ``!`` behind they lack their last letter.

``status`` may be several, ``200|400``. Of a problem, ``field`` is the field that is named: ``*`` for none or any, one
that begins with ``?`` for any that begins with the rest, one that ends with ``?`` only if it is refused; ``code`` and
``says`` (a part of the text), ``location`` (a pattern), ``at_most`` (bytes of the answer) are what they are called.

To add a case, add a row; the runner is `test_requested`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "requested"
MARK: Final = "§"
_MARKED: Final = re.compile("§(?:(admin|reading|session)(!?))?")


@dataclass(frozen=True)
class Row:
    """A row, and how its requests are told apart; see the module."""

    given: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.given["id"])

    def values(self) -> list[Any]:
        """What takes the mark's place, one for each request."""
        if "repeat" in self.given:
            text, times = self.given["repeat"]
            return [text * times]
        return list(self.given.get("each", [""]))


def rows(name: str) -> list[Row]:
    """The rows of one file."""
    return [Row(given) for given in json.loads((FOLDER / f"{name}.json").read_text("utf-8"))]


def names() -> list[str]:
    """The files, without their ending."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def filled(template: Any, value: Any, known: Mapping[str, str]) -> Any:
    """`template` with `value` in the mark's place, and what is `known` in that of its name."""
    put = _MARKED.sub(lambda mark: _known(mark, known), value) if isinstance(value, str) else value
    if template == MARK:
        return put
    if isinstance(template, str):
        return _MARKED.sub(lambda mark: _known(mark, known) if mark[1] else str(put), template)
    if isinstance(template, list):
        return [filled(part, value, known) for part in template]
    if isinstance(template, dict):
        return {name: filled(part, value, known) for name, part in template.items()}
    return template


def _known(mark: re.Match[str], known: Mapping[str, str]) -> str:
    found = known[mark[1]] if mark[1] else mark[0]
    return found[:-1] if mark[2] else found


def wrong_with(given: Mapping[str, Any], status: int, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    """What is not as the row says of an answer."""
    if str(status) not in str(given["status"]).split("|"):
        yield f"status {status}"
    if b"Traceback" in body or (status >= 500 and status != 501):
        yield "the inside of the server"
    if "location" in given and not re.search(given["location"], headers.get("Location", "none")):
        yield f"leads to {headers.get('Location')}"
    if "says" in given and given["says"] not in body.decode("utf-8", "replace"):
        yield f"does not say {given['says']}"
    if len(body) > given.get("at_most", 1_000_000):
        yield f"{len(body)} bytes"
    problem = json.loads(body) if headers.get("Content-Type") == "application/problem+json" else {}
    if "code" in given and problem.get("code") != given["code"]:
        yield f"code {problem.get('code')}"
    if not _names(given.get("field", "*"), problem.get("field"), refused=status == 400):
        yield f"names {problem.get('field')}"


def _names(wanted: str, found: str | None, *, refused: bool) -> bool:
    if wanted == "*" or (wanted.endswith("?") and wanted != "?" and not refused):
        return True
    if wanted.startswith("?"):
        return bool(found) and str(found).startswith(wanted[1:])
    return found == wanted.rstrip("?")
