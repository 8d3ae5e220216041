"""Texts that would be more than text wherever a page took them for markup, in every field that somebody fills in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.metrics.selector import Selector, write
from tests.corpus import requests
from tests.corpus.cases import FOLDER
from tests.corpus.requests import names
from tests.dashboards.seed import chart, config, panel
from tests.e2e.seed import event
from tests.server import Server

JOB: Final = "hostile"
BATCH: Final = 100
MARKUP: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></title></script><svg onload=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "<a href=javascript:alert(1) id=items>",
    "'><x-owned class=owned>%{x}<b class=owned onclick=alert(1)>",
)
"""The worst of all, which stand in each field."""
AGENT: Final = "Browser <script>alert(1)</script>'\"><x-owned class=owned>"
FOREIGN: Final = """() => [...document.querySelectorAll(
    "iframe, object, embed, svg[onload], base, x-owned, .owned, script:not([src])")]
  .filter((node) => node.type !== "application/json").map((node) => node.outerHTML)
  .concat([...document.querySelectorAll("*")].flatMap((node) => [...node.attributes]
    .filter(({ name, value }) => name.startsWith("on") || name === "srcdoc" || /^\\s*javascript:/i.test(value))
    .filter(({ name }) => name.startsWith("on") || ["href", "src", "action", "srcdoc"].includes(name))
    .map(({ name }) => `${node.tagName} ${name}`)))
  .concat({}.owned === undefined ? [] : ["a prototype"])"""
"""What is in a page that must not be."""


def texts(found: Any) -> Iterator[str]:
    """Every text in a JSON value, names of fields included."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from texts(each)
    elif isinstance(found, dict):
        for name, each in found.items():
            yield name
            yield from texts(each)


def corpus() -> list[str]:
    """All texts in the files of the corpus, as far as UTF-8 can say them; the worst come last, and are seen first."""
    rows = [row for path in sorted(FOLDER.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
    asked = [value for name in names() for row in requests.rows(name) for value in row.given.get("each", ())]
    found = {text.encode("utf-8", "replace").decode() for text in texts([*rows, *asked])}
    return [*sorted(found - set(MARKUP)), *MARKUP]


def events() -> list[dict[str, Any]]:
    """Jobs named by each text, and items and errors of one job that hold it; the worst in all that there is."""
    made: list[dict[str, Any]] = []
    for number, text in enumerate(corpus()):
        made.append(event("job_started", {"source": text, "query": text, "tags": [text]}, f"live-{number}"))
        made.append(event("item_scraped", {"title": text, "price": text, "url": text, "image": text, text: text}, JOB))
        made.append(event("error", {"message": text, "kind": text, "stack": text, "url": text}, JOB))
        made.append(event("log", {"level": "info", "logger": text, "message": text}, JOB))
    for text in MARKUP:
        measured = {"requests": 3, "failed": 1, "byStatus": {"200": 2, "403": 1}}
        told = {"done": 1, "unit": text, "domains": {text: measured}, "proxies": {text: measured}}
        made.append(event("job_progress", {**told, "__proto__": {"owned": 1}}, JOB))
        made.append(event("worker", {"host": text, "cpu": {"usage": 0.5}}, ""))
        made.append(event("system_alert", {"name": text, "severity": text, "state": text, "message": text}, ""))
        made.append(event("job_started", {"config": {text: {text: [text]}}, "source": text}, text))
        made.append(event("job_failed", {"error": text, "reason": text}, text))
    return made


def figures() -> list[dict[str, Any]]:
    """Figures of one's own with such names and labels; what is drawn must have been measured before."""
    started = event("job_started", {"source": "shop", "query": "all"}, JOB)
    values = dict.fromkeys((*MARKUP, "pages"), 1)
    return [started, *(event("metric", {"values": values, "labels": {"shop": text}}, JOB) for text in MARKUP)]


def tell(server: Server, environment: Mapping[str, str], made: list[dict[str, Any]]) -> int:
    """Send them all; how many were stored, since some texts are no good in an event."""
    taken = 0
    for start in range(0, len(made), BATCH):
        answer = server.json("/api/v1/events", body=made[start : start + BATCH], token=environment["INGEST_TOKEN"])
        taken += answer["accepted"]
    return taken


def write_down(server: Server, token: str) -> str:
    """Rules, channels, silences and a dashboard in whose fields the worst stand; returns the dashboard's number."""

    def made(what: str, body: Any) -> Any:
        return server.json(f"/api/v1/{what}", body=body, token=token)

    everything = " ".join(MARKUP)
    for text in MARKUP:
        address = {"webhook": "https://hooks.invalid/", "secret": text}
        made("channels", {"name": text, "type": "webhook", "config": address})
        condition = {"metric": "errors", "operator": ">", "threshold": 0}
        labels = {"team": text, text: text}
        said = {"summary": everything, "labels": labels, "runbookUrl": f"https://a.example/{text}"}
        made("alerts/rules", {"name": text, "condition": condition, "severity": "error", "channels": [text],
                              "cooldown": 0, "groupWait": 0, **said})  # fmt: skip
        nobody = {"name": "nobody", "operator": "=", "value": text}
        made("alerts/silences", {"reason": text, "matchers": [nobody], "to": "2100-01-01T00:00:00Z"})
    number: str = made("dashboards", board(MARKUP[-1] + MARKUP[1] + MARKUP[0]))["id"]
    return number


def board(text: str, metrics: Sequence[str] = MARKUP) -> dict[str, Any]:
    """A dashboard whose every text is `text`, of figures that are called so."""
    shown = chart("line", *(write(Selector(name, {})) for name in metrics))
    shown["display"] = {"title": text, "axes": {"x": {"label": text}, "y": {"label": text}}, "legend": True}
    line, bar = ({**shown, "type": kind} for kind in ("line", "bar"))
    return config(
        panel("line", options={"chart": line, text: text}, title=text),
        panel("bar", options={"chart": bar}, title=text),
        panel("jobs", "table", "jobs", title=text),
        panel("rate", "stats", data={"source": "metrics", "query": write(Selector(metrics[0], {}))}, title=text),
        panel("events", "log", "events", data={"source": "events", "query": "<x-owned>"}, title=text),
        panel("said", "log", "events", title=text),
        name=text[:200],
        notes=text,
    )
