"""Every field that scrapers or people fill in, with a pack of texts of the corpus in each, and the pages that show it.

As many texts stand in a value as it may hold. Those that a field does not take are refused, and so are on no page.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

from app.accounts import names
from app.core.errors import InvalidInput
from app.dashboard.job_tabs import TABS
from app.metrics.selector import Selector, write
from app.storage.base_series import HOUR_MS
from app.storage.base_views import PAGES, SavedView
from app.storage.sql.database import Database
from app.storage.sql.views import SqlViewStore
from tests.e2e.hostile import board, tell
from tests.e2e.seed import event
from tests.server import Server

MOST: Final = 190
"""Letters of a name; with what the texts are joined by."""
SHORT: Final = 100
MEASURED: Final = {"requests": 3, "failed": 1, "byStatus": {"200": 2, "403": 1}, "bytes": 5}
FIRES_S: Final = 60
TESTER: Final = 1
ASKED: Final = (
    "/jobs?q=", "/jobs?status=", "/jobs?source=", "/jobs?tag=", "/events?q=", "/events?type=", "/events?job=",
    "/explore?metric=", "/explore?query=", "/login?next=", "/settings/audit?q=", "/settings/audit?who=",
    "/settings/notices?channel=", "/alerts?state=", "/alerts/rules/new?metric=", "/invitation?name=",
    "/settings/channels/new?type=", "/kiosk?next=", "/nowhere/", "/jobs/",
)  # fmt: skip
"""Addresses that show what follows."""


def packs(texts: Sequence[str], most: int = MOST) -> Iterator[list[str]]:
    """The texts in their order, as many together as fit into so many letters; longer ones are cut."""
    pack: list[str] = []
    for text in texts:
        if len(" ".join([*pack, text])) > most and pack:
            yield pack
            pack = []
        pack.append(text[:most])
    if pack:
        yield pack


def printable(texts: Sequence[str]) -> list[str]:
    """Those that may stand in a name."""
    return [text for text in texts if text.isprintable() and text.strip()]


class Planter:
    """Fills in the fields, pack by pack; `token` is an administrator's."""

    def __init__(self, server: Server, environment: Mapping[str, str], database_url: str, token: str) -> None:
        self._server, self._environment, self._url, self._token = server, environment, database_url, token
        self._pages: list[str] = []
        self._views = 0

    def begin(self) -> None:
        """Let the first pack's job begin, so that its page can be opened."""
        tell(self._server, self._environment, [event("job_queued", {}, "pack-0")])

    def plant(self, number: int, texts: list[str]) -> list[str]:
        """Fill all fields in with a pack; the pages that show what was made of it."""
        said = " ".join(printable(texts))
        self._pages = [f"/jobs/pack-{number}?tab={tab}" for tab in TABS]
        tell(self._server, self._environment, list(figures(texts)))
        self._by_people(said, texts, number)
        tell(self._server, self._environment, list(told(number, texts)))
        self._pages += [f"{path}{quote(said, safe='')}" for path in ASKED]
        return self._pages

    def plant_names(self, texts: Sequence[str]) -> None:
        """Call views, tokens and users so."""
        for pack in packs(printable(texts), SHORT):
            name = " ".join(pack)
            self._view(name)
            called = " ".join(text for text in pack if _may_be_called(text))
            if called:
                self._made("tokens", {"name": called, "scope": "read"})
                self._made("users", {"username": called, "role": "viewer"})

    def fired(self, count: int, noted: Sequence[list[str]]) -> list[str]:
        """Wait for the incidents, which rules of all packs open, and acknowledge each; their pages."""
        deadline = time.monotonic() + FIRES_S
        while len(found := self._incidents()) < count:
            assert time.monotonic() < deadline, f"{len(found)} incidents of {count}"
            time.sleep(0.2)
        for incident, texts in zip(found, noted, strict=False):
            self._made(f"alerts/incidents/{incident['id']}/ack", {"note": " ".join(printable(texts))})
        return [f"/alerts/incidents/{incident['id']}" for incident in found]

    def _incidents(self) -> list[dict[str, Any]]:
        found = self._server.json("/api/v1/alerts/incidents?limit=1000", token=self._token)["items"]
        return [one for one in found if one["rule"].startswith("pack ")]

    def _made(self, what: str, body: Any) -> Any:
        return self._server.json(f"/api/v1/{what}", body=body, token=self._token)

    def _by_people(self, said: str, texts: list[str], number: int) -> None:
        webhook = {"webhook": f"https://127.0.0.1:9/{quote(said)}", "secret": said, "recipients": printable(texts)[:50]}
        channel = self._made("channels", {"name": said, "type": "webhook", "config": webhook})
        mail = {"smtp": "smtp://127.0.0.1:9", "from": "a@b.c", "recipients": ["d@e.f"]}
        self._made("channels", {"name": f"mail {said}", "type": "email", "config": mail})
        labels = {text: text for text in printable(texts)[:20]}
        rule = {"name": f"pack {number} {said}"[:200], "severity": "error", "channels": [said], "cooldown": 0}
        words = {"summary": said, "labels": labels, "runbookUrl": f"https://a.example/?{quote(said)}", "groupWait": 0}
        failed = {"event": "job_failed", "source": f"shop-{number}"}
        fires = self._made("alerts/rules", {**rule, **words, "condition": failed, "keepFiringFor": HOUR_MS})
        metric = write(Selector("errors", {"source": said}))
        never = {"metric": metric, "operator": ">", "threshold": 1e9}
        waits = self._made(
            "alerts/rules",
            {**rule, **words, "name": f"rare {number} {said}"[:200], "condition": never, "inhibits": [said]},
        )
        matchers = [{"name": name, "operator": "=", "value": said} for name in ("rule", *list(labels)[:5])]
        self._made("alerts/silences", {"reason": said, "matchers": matchers, "to": "2100-01-01T00:00:00Z"})
        known = {one["name"] for one in self._server.json("/api/v1/metrics/catalogue", token=self._token)["items"]}
        measured = [text for text in texts if text in known]
        shown = self._made("dashboards", board(said, [*measured, "pages"][:20]))
        self._pages += [f"/alerts/rules/{one['id']}" for one in (fires, waits)]
        self._pages += [f"/settings/channels/{channel['id']}", f"/dashboards/{shown['id']}"]

    def _view(self, name: str) -> None:
        """On the pages in turn, as each holds so many."""
        self._views += 1
        page, query = PAGES[self._views % len(PAGES)], f"q={quote(name)}"
        with closing(Database(self._url, readers=1)) as database:
            assert SqlViewStore(database).save(SavedView(user_id=TESTER, page=page, name=name, query=query))


def _may_be_called(text: str) -> bool:
    try:
        return bool(names.checked(text, "username"))
    except InvalidInput:
        return False


def figures(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Figures of one's own that are called so, and labelled so."""
    for text in texts:
        yield event("metric", {"values": {text: 1, "pages": 1}, "labels": {"shop": text, text: text}}, "pack-0")


def told(number: int, texts: list[str]) -> Iterator[dict[str, Any]]:
    """What scrapers send: events of every type, whose every text is one of the pack or all of it."""
    job, said = f"pack-{number}", " ".join(printable(texts))
    start = {
        "source": said,
        "query": said,
        "tags": texts,
        "unit": said,
        "config": {text: {text: [text]} for text in texts},
    }
    each = dict.fromkeys(texts, MEASURED)
    yield event("job_queued", start, job)
    yield event("job_started", start, job)
    for text in texts:
        yield event(
            "item_scraped", {"title": text, "price": text, "url": text, "image": text, text: {text: [text]}}, job
        )
        thrown = {"message": text, "kind": text, "stack": text, "url": text, "level": text, "fingerprint": text}
        yield event("error", thrown, job)
        yield event("log", {"level": text, "logger": text, "message": text}, job)
        yield event("system_alert", {"name": text, "severity": text, "state": text, "message": text}, job)
        yield event("job_started", {"source": text, "query": text, "tags": [text], "config": {text: text}}, text)
        yield event("job_cancelled", {"reason": text, "error": text, "stats": {text: text}}, text)
    yield event(
        "job_progress", {"done": 1, "unit": said, "domains": each, "proxies": each, "__proto__": {"owned": 1}}, job
    )
    yield event("worker", {"host": said, "cpu": {"usage": 0.5}}, "")
    yield event(
        "client_report", {"host": said, "dropped": dict.fromkeys(texts, 1), "rejected": dict.fromkeys(texts, 1)}, ""
    )
    ended = {"error": said, "reason": said, "stats": {text: text for text in texts}}
    yield event("job_failed", ended, job)
    failing = f"failing {said.replace('/', ' ')}"[:MOST]  # some ways of an id are none
    yield event("job_started", {"source": f"shop-{number}", "query": said}, failing)
    yield event("job_failed", ended, failing)
