"""Every reader of what comes from outside, with texts that are nearly what it reads.

A reader takes its text, or refuses it by an error of the house's own; anything else that it raises fails. To add one,
add a row to `READERS`.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from hypothesis import strategies as st

from app import queries
from app.accounts import credentials, links, origins
from app.alerts import rules, silences
from app.core.errors import ScrapewatchError
from app.core.redaction import Redactor, fold
from app.core.shape import decode
from app.core.terms import terms
from app.dashboard import filters, rule_form
from app.dashboards import config as boards
from app.exports.spreadsheet import csv_text
from app.ingest.batch import read_batch
from app.ingest.check import Checker
from app.ingest.split import split_array
from app.jobs import fingerprint, search
from app.metrics import selector, transforms
from app.notify import template
from app.notify.channels import TYPES
from app.notify.fields import checked
from app.notify.message import FIELDS
from app.websocket.wire import StrictJson, TextPacket
from tests.alerts.test_fields import FULL
from tests.corpus.canaries import PRIVATE, SENT
from tests.corpus.envelopes import BYTES, NOW_MS, TEXTS, VALUES, batches
from tests.dashboards.seed import full

RETENTION_MS: Final = 30 * 86_400_000
CHECKER: Final = Checker(lambda: NOW_MS, RETENTION_MS)
REDACTOR: Final = Redactor(own=["cnry own secret of the server"])
_ODD: Final = ("\x00", "\ud800", "²", "١", "\u2028", "9" * 25, "1e999", "-", "%", "\\", '"', "'", " ", "\r\n", "é")
_TIMES: Final = ("now", "-15m", "-999999d", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "1795000000000", "s")


def pieced(*pieces: str, most: int = 12) -> st.SearchStrategy[str]:
    """Texts put together of such pieces, odd ones and any letters."""
    return st.lists(st.sampled_from((*pieces, *_ODD)) | st.text(max_size=3), max_size=most).map("".join)


def _stored(*pieces: str) -> st.SearchStrategy[str]:
    return pieced(*pieces).map(lambda text: text.encode("utf-8", "replace").decode())


def changed(good: Any) -> st.SearchStrategy[Any]:
    """A JSON value in which something is another value, or missing."""
    places = list(_places(good, ()))
    return st.lists(st.tuples(st.sampled_from(places), VALUES | _RICH), min_size=1, max_size=3).map(
        lambda changes: _with(good, changes)
    )


_RICH: Final = pieced(
    "http://", "[", "a", ":", "0 3 * * *", "Europe/Paris", "../", "errors", "{", "}", "job", ">", "{0}"
)


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    if path:
        yield path
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _places(part, (*path, name))


def _with(good: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    made = json.loads(json.dumps(good))
    for path, value in changes:
        place = made
        for name in path[:-1]:
            place = place[name] if _holds(place, name) else {}
        if _holds(place, path[-1]):
            place[path[-1]] = value
    return made


def _holds(place: Any, name: Any) -> bool:
    if isinstance(place, dict):
        return name in place
    return isinstance(place, list) and isinstance(name, int) and name < len(place)


def _arguments(*names: str) -> st.SearchStrategy[dict[str, str]]:
    words = pieced(
        *_TIMES, "running", "failed", ",", "item_scraped", "error", "b1", "o0", "5m", "p95", "items", "{job="
    )
    return st.dictionaries(st.sampled_from(names), words, max_size=4)


def _moment(value: str, field: str) -> int:
    return queries.moment(value, NOW_MS, field)


def _lists(args: Mapping[str, str]) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: queries.event_filter(args, NOW_MS),
        lambda: queries.job_filter(args, NOW_MS),
        lambda: queries.audit_filter(args, NOW_MS),
        lambda: queries.notice_filter(args),
        lambda: queries.incident_filter(args),
        lambda: queries.series_query(args, NOW_MS),
        lambda: queries.limit(args),
        lambda: queries.place(args),
        lambda: queries.before(args),
    )
    for read in readers:
        with suppress(ScrapewatchError):
            read()


def _selector(text: str) -> None:
    found = selector.parse(text)
    assert selector.parse(selector.write(found)) == found


def _packet(text: str) -> None:
    TextPacket.json = StrictJson
    try:
        packet = TextPacket(encoded_packet=text or "9")
    except ValueError:
        return
    assert isinstance(packet.data, list) or packet.packet_type != 2


def _batch(text: bytes) -> None:
    fast = read_batch(text, 1, "", (NOW_MS - RETENTION_MS, NOW_MS), REDACTOR)
    if fast is not None:
        assert fast == [Checker(lambda: NOW_MS, RETENTION_MS, REDACTOR).check(part, 1) for part in split_array(text)]


def _redacted(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    clean = REDACTOR.redact(value)
    assert REDACTOR.redact(clean) == clean
    assert REDACTOR.suspects(fold(text)) or clean == value


def _cells(cells: list[Any]) -> None:
    [read] = csv.reader(io.StringIO(csv_text([cells]), newline=""))
    assert len(read) == len(cells)
    for cell, found in zip(cells, read, strict=True):
        if isinstance(cell, str):
            assert found in {cell, f"'{cell}"}
            assert not found.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def _channels(value: Any) -> None:
    for kind in TYPES.values():
        with suppress(ScrapewatchError):
            kind.check(checked(kind.settings, value))


def refusable(read: Callable[[Any], object]) -> Callable[[Any], None]:
    """The same, where a refusal is an answer."""

    def run(example: Any) -> None:
        with suppress(ScrapewatchError):
            read(example)

    return run


_SECRETS: Final = st.sampled_from([text for each in SENT for part in each.values() for text in [json.dumps(part)]])
_MENDED: Final = st.tuples(
    _SECRETS | pieced("password", "=", ":", "cookie", "Bearer ", "@", "://", "[redacted]", "token", "cnry", "{", "]"),
    pieced(
        "password", f"-----BEGIN {PRIVATE}-----", "eyJ", ".", "%3d", "cnry own secret of the server", "name", "value"
    ),
).map("".join)
_CHANNEL: Final = {
    "webhook": "https://a.example/x", "secret": "s", "recipients": ["a@b.c"], "smtp": "smtp://a:b@c", "from": "a@b.c",
    "template": "{rule}", "sendResolved": True, "fallback": "x",
}  # fmt: skip
_SILENCE: Final = {
    "reason": "x", "matchers": [{"name": "rule", "operator": "~", "value": "a*"}], "from": "now", "to": NOW_MS + 9_999,
    "weekly": {"days": ["mon"], "from": "22:00", "to": "06:00", "timezone": "Europe/Paris"}, "incident": 1,
}  # fmt: skip
_MISSING_JOB: Final = {"event": "job_missing", "spider": "a", "cron": "0 3 * * *", "timezone": "UTC", "grace": 1}
_TRACE: Final = (
    "Traceback (most recent call last):\n",
    '  File "a.py", line 3, in f\n',
    "at f (/a.js:1:2)\n",
    "site-packages/",
)

READERS: Final[Mapping[str, tuple[st.SearchStrategy[Any], Callable[[Any], object]]]] = {
    "event": (BYTES | TEXTS, lambda text: CHECKER.check(text, 1)),
    "batch": (batches | BYTES, _batch),
    "array": (batches | BYTES, split_array),
    "packet": (
        pieced(*"0123456789", "-", "/live,", '["a"]', "[", "{", '"', "51-", '{"_placeholder":true,"num":0}'),
        _packet,
    ),
    "arguments": (
        _arguments(
            "job",
            "type",
            "level",
            "q",
            "from",
            "to",
            "limit",
            "next",
            "status",
            "source",
            "tag",
            "name",
            "step",
            "agg",
            "by",
            "keys",
            "who",
            "action",
            "kind",
            "id",
            "incident",
            "state",
            "channel",
        ),
        _lists,
    ),
    "moment": (pieced(*_TIMES, "T", "Z", "+01:00", ":", "-"), lambda text: _moment(text, "from")),
    "search": (
        pieced(*(f"{key}:" for key in search.KEYS), "running", ">", "<=", "5", "1h", ",", "*", "-", '"', "is:pinned"),
        lambda text: queries.job_filter({"q": text}, NOW_MS),
    ),
    "terms": (pieced("a:", "-", '"', "b", " "), lambda text: terms(text, ("a", "b"))),
    "selector": (pieced("items", "{", "}", "job", "=", '"a"', ",", "|", "performance.itemsPerSecond"), _selector),
    "pipe": (
        pieced(
            *(f"{name}(" for name in transforms.TRANSFORMS),
            *transforms.TRANSFORMS,
            "|",
            ")",
            "5",
            "source",
            ",",
            "-1",
            "1h",
        ),
        transforms.parse,
    ),
    "span": (pieced("5", "min", "h", "1,5", ".", "j", "0", " "), lambda text: rule_form.length_ms(text, "for")),
    "template": (
        pieced("{", "}", "rule", "!r", ":>9", ".", "[0]", "{{"),
        lambda text: template.check(text, FIELDS, "t"),
    ),
    "credentials": (pieced("Basic ", "Bearer ", "YWRtaW46eA==", ":", "="), credentials.from_header),
    "address": (
        pieced("http", "s://", "//", "/", "\\", "[::1]", "@", ":80", "javascript:", "#", "?a=b"),
        links.local_path,
    ),
    "origin": (
        pieced("http", "://", "localhost", "[", "]", ":80", "@"),
        lambda text: origins.is_own(text, "http://a/", ""),
    ),
    "link": (pieced("http", "s://", "//", "[", "]", "a.example", ":", "99999", "\t"), filters.safe_href),
    "stack": (
        st.fixed_dictionaries(
            {name: _stored(*_TRACE, "http://a/1?b=2", "[") for name in ("message", "kind", "stack", "url")}
        ),
        fingerprint.fingerprint_of,
    ),
    "rule": (changed({**FULL, "runbookUrl": "http://a.example"}) | VALUES, rules.parse),
    "missing_job": (
        changed({**FULL, "condition": _MISSING_JOB, "window": None, "aggregation": None, "scope": None}),
        rules.parse,
    ),
    "silence": (changed(_SILENCE) | VALUES, lambda config: silences.parse(config, NOW_MS)),
    "dashboard": (changed(full()), boards.parse),
    "channel": (changed(_CHANNEL) | VALUES, _channels),
    "body": (BYTES | TEXTS, decode),
    "secrets": (
        st.one_of(_MENDED, st.dictionaries(pieced("password", "-", "api_key", "name"), _MENDED | VALUES), VALUES),
        _redacted,
    ),
    "cells": (st.lists(pieced("=", "+", "-", "@", "\t", ",", '"', "\n") | VALUES, min_size=1, max_size=4), _cells),
}
"""Name to what is handed in, and what reads it."""
