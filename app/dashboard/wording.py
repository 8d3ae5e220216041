"""Events in words: the sentence and the level under which an event is shown. Its twin is ``static/js/wording.js``.

What a scraper sent may be of any kind, so nothing here trusts a field to be text or a number.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

import msgspec
from flask_babel import lazy_gettext

from app.core.said import again, phrase
from app.dashboard.filters import NOTHING, as_text, duration, number, percent, safe_href, size
from app.dashboard.language import gettext, ngettext, told
from app.ingest.wire import body_of, event_json
from app.jobs.watchdog import REASONS
from app.storage.base import Event, Job
from scrapewatch.events import EVENTS, LEVELS

LONGEST: Final = 300
"""Characters of a sentence; the whole is in the event's body."""

STREAMED: Final = frozenset({"item_scraped", "item_summary", "job_progress", "heartbeat", "worker", "metric"})
"""Types that come too often for the log: items have their own stream, figures their own place."""

LOGGED: Final = tuple(name for name in EVENTS if name not in STREAMED)
"""Types that the log of a job shows."""

STATUSES: Final = {
    "running": lazy_gettext("Running"),
    "queued": lazy_gettext("Queued"),
    "stalled": lazy_gettext("Stalled"),
    "lost": lazy_gettext("Lost"),
    "failed": lazy_gettext("Failed"),
    "completed": lazy_gettext("Completed"),
    "cancelled": lazy_gettext("Cancelled"),
}
"""Job states in words, in the order of the tabs."""

SEVERITIES: Final = {
    "debug": lazy_gettext("Debug"),
    "info": lazy_gettext("Info"),
    "warning": lazy_gettext("Warning"),
    "error": lazy_gettext("Error"),
    "critical": lazy_gettext("Critical"),
}
"""Levels and severities in words."""

_REASONS: Final = (*REASONS, phrase("closed: %(reason)s"), phrase("exit: %(code)s"))
"""Why jobs are lost or stalled, and what `scrapewatch` says when a scraper ends by itself."""

_LEVEL_BY_TYPE: Final = {"job_failed": "error", "job_lost": "error", "job_stalled": "warning", "error": "error"}


def shown(event: Event) -> dict[str, Any]:
    """The event's JSON object with its body decoded and what a page adds: `level` and `headline`."""
    found = {**event_json(event), "data": body_of(event)}
    return {**found, "level": level(found), "headline": headline(found)}


def whole(said: Mapping[str, Any]) -> str:
    """What `shown` gives, as the API gives it and indented for reading."""
    kept = {name: value for name, value in said.items() if name not in {"level", "headline"}}
    return msgspec.json.format(msgspec.json.encode(kept), indent=2).decode()  # json's own is written in Python


def level(event: Mapping[str, Any]) -> str:
    """One of `LEVELS`."""
    data = event["data"]
    said = data.get("severity") if event["type"] == "system_alert" else data.get("level")
    if isinstance(said, str) and said.lower() in LEVELS and event["type"] in {"log", "error", "system_alert"}:
        return said.lower()
    return _LEVEL_BY_TYPE.get(event["type"], "info")


def level_of(type_: str, number: int | None, severity: object) -> str:
    """The same of an event of which a store tells no more than its type, its level and its severity."""
    return level({"type": type_, "data": {"level": None if number is None else LEVELS[number], "severity": severity}})


def reason(job: Job) -> str:
    """Why a job is as it is: our own words in the page's language, a scraper's as they are; "" for no reason."""
    return told(again(job.reason or "", _REASONS))


def headline(event: Mapping[str, Any], longest: int | None = LONGEST) -> str:
    """The event in one sentence; None leaves it as long as it is."""
    data = event["data"]
    said = _SENTENCES.get(event["type"], _plain)(data)
    return said if longest is None or len(said) <= longest else said[: longest - 1] + "…"


def item(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the stream shows of an item: `title`, `price`, `href`, `place`, with the moment."""
    data = event["data"]
    href = safe_href(data.get("url"))
    price = " ".join(filter(None, (as_text(data.get("price")), as_text(data.get("currency")))))
    return {
        "title": _title(data),
        "price": price,
        "href": href,
        "place": href.split("://", 1)[1] if href else as_text(data.get("url")),
        "timestamp": event["timestamp"],
        "cursor": event["cursor"],
    }


def _title(data: Mapping[str, Any]) -> str:
    for name in ("title", "name"):
        if as_text(data.get(name)):
            return as_text(data[name])[:LONGEST]
    return _plain(data)[:LONGEST]


def _plain(data: Mapping[str, Any]) -> str:
    return as_text(data) if data else NOTHING


def _message(data: Mapping[str, Any]) -> str:
    parts = (as_text(data.get("logger")) or as_text(data.get("kind")), as_text(data.get("message")))
    return ": ".join(filter(None, parts)) or _plain(data)


def _started(data: Mapping[str, Any]) -> str:
    return " · ".join(filter(None, (as_text(data.get("source")), as_text(data.get("query"))))) or _plain(data)


def _ended(data: Mapping[str, Any]) -> str:
    why = told(again(as_text(data.get("reason")) or as_text(data.get("error")), _REASONS))
    counted = data.get("itemsScraped")
    items = ngettext("%(n)s item", "%(n)s items", counted, n=number(counted)) if is_number(counted) else ""
    spent = data.get("duration")
    took = gettext("in %(span)s", span=duration(spent)) if is_number(spent) else ""
    found = ": ".join(filter(None, (" ".join(filter(None, (items, took))), why)))
    return found or _plain({name: value for name, value in data.items() if name != "success"})


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a body's field is one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _progress(data: Mapping[str, Any]) -> str:
    done, total = data.get("done"), data.get("total")
    if not is_number(done):
        return _plain(data)
    of = f" / {number(total)}" if is_number(total) else ""
    return f"{number(done)}{of} {as_text(data.get('unit'))}".strip()


def _item(data: Mapping[str, Any]) -> str:
    return " · ".join(filter(None, (_title(data), as_text(data.get("price")))))


def _worker(data: Mapping[str, Any]) -> str:
    cpu, memory, workers = (part(data, name) for name in ("cpu", "memory", "workers"))
    parts = []
    if is_number(cpu.get("usage")):
        parts.append(gettext("CPU %(n)s %%", n=percent(cpu["usage"])))
    if is_number(memory.get("used")) and is_number(memory.get("total")):
        used, total = " ".join(size(memory["used"])), " ".join(size(memory["total"]))
        parts.append(gettext("memory %(used)s of %(total)s", used=used, total=total))
    if is_number(workers.get("active")) and is_number(workers.get("maxConcurrency")):
        active, most = number(workers["active"]), number(workers["maxConcurrency"])
        parts.append(gettext("%(active)s of %(most)s workers busy", active=active, most=most))
    return ": ".join(filter(None, (as_text(data.get("host")), ", ".join(parts)))) or _plain(data)


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a body that is an object; an empty one where there is none."""
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _stalled(data: Mapping[str, Any]) -> str:
    silence = data.get("silence")
    if not is_number(silence):
        return gettext("alive, but nothing new")
    return gettext("alive, but nothing new for %(span)s", span=duration(silence))


def _lost(data: Mapping[str, Any]) -> str:
    silence = data.get("silence")
    return gettext("silent for %(span)s", span=duration(silence)) if is_number(silence) else gettext("silent")


def _tagged(data: Mapping[str, Any]) -> str:
    name, added, removed = as_text(data.get("by")), data.get("added"), data.get("removed")
    if isinstance(added, list):
        return gettext("%(name)s added the tag %(tags)s", name=name, tags=", ".join(map(as_text, added)))
    if isinstance(removed, list):
        return gettext("%(name)s removed the tag %(tags)s", name=name, tags=", ".join(map(as_text, removed)))
    return _plain(data)


def _report(data: Mapping[str, Any]) -> str:
    emitted, accepted = data.get("emitted"), data.get("accepted")
    if not is_number(emitted) or not is_number(accepted):
        return _plain(data)
    parts = [gettext("%(n)s emitted, %(stored)s stored", n=number(emitted), stored=number(accepted))]
    waiting = part(data, "spool").get("events")
    if is_number(waiting) and waiting:
        parts.append(gettext("%(n)s waiting", n=number(waiting)))
    if dropped := sum(count for count in part(data, "dropped").values() if is_number(count)):
        parts.append(gettext("%(n)s dropped", n=number(dropped)))
    return ": ".join(filter(None, (as_text(data.get("host")), ", ".join(parts))))


def _alert(data: Mapping[str, Any]) -> str:
    named = " ".join(filter(None, (as_text(data.get("name")), as_text(data.get("state")))))
    return as_text(data.get("message")) or named or _plain(data)


_SENTENCES: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "job_queued": _started,
    "job_started": _started,
    "job_progress": _progress,
    "item_scraped": _item,
    "error": _message,
    "log": _message,
    "job_completed": _ended,
    "job_failed": _ended,
    "job_cancelled": _ended,
    "job_stalled": _stalled,
    "job_lost": _lost,
    "job_tagged": _tagged,
    "job_pinned": lambda data: gettext("%(name)s pinned the job", name=as_text(data.get("by"))),
    "job_unpinned": lambda data: gettext("%(name)s unpinned the job", name=as_text(data.get("by"))),
    "system_alert": _alert,
    "worker": _worker,
    "client_report": _report,
}
