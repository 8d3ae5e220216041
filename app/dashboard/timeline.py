"""The timeline of an incident in words: what it did, what was told and answered, and why something was not told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from app.alerts.rules import Rule
from app.alerts.wording import shown
from app.core.clock import rfc3339
from app.dashboard.channels import KINDS
from app.dashboard.curves import Mark
from app.dashboard.language import gettext, ngettext, told
from app.dashboard.quiet import reply, why
from app.dashboard.wording import SEVERITIES
from app.notify.office import Told
from app.storage.base_alerts import Entry
from app.storage.base_notices import Delivery, Notice

_LOOKS: Final = {
    "opened": ("critical", "hot"),
    "reopened": ("critical", "hot"),
    "joined": ("plus", "warm"),
    "left": ("minus", ""),
    "recovering": ("clock", ""),
    "flapped": ("warning", "warm"),
    "resolved": ("check", "good"),
    "notice": ("bell", ""),
    "suppressed": ("mute", "skipped"),
    "muted": ("mute", "skipped"),
    "unmuted": ("bell", ""),
    "acknowledged": ("user", ""),
    "ack_ended": ("user", "warm"),
    "severity": ("warning", "warm"),
}
"""Icon and tone of each kind of line."""
_SENT: Final = {
    "sent": ("chat", "good"),
    "again": ("warning", "warm"),
    "failed": ("st-failed", "hot"),
    "unwanted": ("mute", "skipped"),
}
_MARKED: Final = {"opened": "alert", "reopened": "alert", "resolved": "good", "acknowledged": "", "muted": ""}
_NAMED: Final = 3

Numbered = tuple[int, Delivery]
"""A try, and the how many-th it was of its notice."""


def lines(entries: Iterable[Entry], notices: Iterable[Told], rule: Rule | None) -> list[dict[str, Any]]:
    """Everything in the order in which it happened: at, icon, tone, title, detail and reply.

    Tries of a notice that came to nothing for one reason are one line, where the first was; `tries` is how many there
    were, 0 where it is a line of its own, and `last` when the last was.
    """
    said = [(entry.at, _line(entry, rule)) for entry in entries]
    for notice, deliveries in notices:
        said += [(found[0][1].at, _tries(notice, found)) for found in _alike(deliveries)]
    return [{"at": rfc3339(at_ms), **line} for at_ms, line in sorted(said, key=lambda one: one[0])]


def marks(entries: Iterable[Entry]) -> list[Mark]:
    """What is marked in its chart."""
    return [
        Mark(at=entry.at, text=_title(entry), kind=_MARKED[entry.kind]) for entry in entries if entry.kind in _MARKED
    ]


def _line(entry: Entry, rule: Rule | None) -> dict[str, Any]:
    icon, tone = _LOOKS.get(entry.kind, ("info", ""))
    return {"icon": icon, "tone": tone, "title": _title(entry), "detail": _detail(entry, rule), "reply": "", "tries": 0}


def _title(entry: Entry) -> str:
    tell = _TITLES.get(entry.kind)
    return tell(entry.detail) if tell else entry.kind


def _detail(entry: Entry, rule: Rule | None) -> str:
    detail = entry.detail
    if entry.kind in {"suppressed", "muted", "unmuted"}:
        return why(str(detail.get("reason", "")))
    if entry.kind == "acknowledged":
        return str(detail.get("note") or "")
    if "instances" in detail:
        return _named(detail, rule)
    value = detail.get("value")
    is_figure = rule is not None and rule.condition.kind == "metric" and isinstance(value, int | float)
    return told(shown(rule, value)) if is_figure and rule and value is not None else ""


def _named(detail: Mapping[str, Any], rule: Rule | None) -> str:
    """The first few instances with their figures."""
    said = []
    for one in detail["instances"][:_NAMED]:
        labels = " ".join(str(value) for value in one.get("labels", {}).values())
        value = one.get("value")
        figure = told(shown(rule, value)) if rule and rule.condition.kind == "metric" and value is not None else ""
        said.append(": ".join(filter(None, (labels, figure))))
    rest = detail.get("count", 0) - _NAMED
    if rest > 0:
        said.append(ngettext("%(n)s more", "%(n)s more", rest, n=rest))
    return ", ".join(filter(None, said))


def _alike(deliveries: Iterable[Delivery]) -> Iterable[list[Numbered]]:
    """Tries with their numbers; together those that are to be repeated and were answered the same."""
    found: dict[Any, list[Numbered]] = {}
    for number, tried in enumerate(deliveries, 1):
        key = (tried.status, tried.reply) if tried.outcome == "again" else number
        found.setdefault(key, []).append((number, tried))
    return found.values()


def _tries(notice: Notice, found: Sequence[Numbered]) -> dict[str, Any]:
    number, tried = found[-1]
    if len(found) == 1:
        return _delivery(notice, tried, number)
    of_all = {"tries": len(found), "last": rfc3339(tried.at)}
    return {**_delivery(notice, tried, 0), **of_all}


def _delivery(notice: Notice, tried: Delivery, number: int) -> dict[str, Any]:
    """One try, or with 0 for `number` what several have in common."""
    icon, tone = _SENT.get(tried.outcome, ("info", ""))
    channel, kind = notice.channel, KINDS.get(notice.kind, notice.kind)
    titles = {
        "sent": gettext("%(channel)s accepted “%(kind)s”", channel=channel, kind=kind),
        "again": gettext("%(channel)s did not take “%(kind)s”: tried again", channel=channel, kind=kind),
        "failed": gettext("%(channel)s did not take “%(kind)s”: given up", channel=channel, kind=kind),
        "unwanted": gettext("Not told: “%(kind)s” to %(channel)s", channel=channel, kind=kind),
    }
    title = titles.get(tried.outcome, channel)
    facts = [gettext("in place of %(channel)s", channel=notice.in_place_of)] if notice.in_place_of else []
    if tried.outcome != "unwanted":
        facts.append(str(tried.status or ""))
    if tried.outcome != "unwanted" and number:
        facts += [f"{tried.latency_ms} ms", gettext("try %(n)s", n=number)]
    return {
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": " · ".join(filter(None, facts)),
        "reply": reply(tried.reply),
        "tries": 0,
    }


def _count(detail: Mapping[str, Any]) -> int:
    return int(detail.get("count", 1))


def _notice(detail: Mapping[str, Any]) -> str:
    kind, channels = KINDS.get(detail.get("notice", ""), ""), ", ".join(detail.get("channels", []))
    if not channels:
        return gettext("“%(kind)s” is for no channel: the rule names none", kind=kind)
    return gettext("“%(kind)s” goes to %(channels)s", kind=kind, channels=channels)


def _ack_ended(detail: Mapping[str, Any]) -> str:
    if detail.get("reason") == "worse":
        return gettext("The acknowledgement ended: it got worse")
    return gettext("The acknowledgement ended: its time was over")


def _severity(detail: Mapping[str, Any]) -> str:
    before, after = (SEVERITIES.get(detail.get(name, ""), "") for name in ("before", "after"))
    return gettext("Severity was %(before)s, is %(after)s", before=before, after=after)


_TITLES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "opened": lambda _: gettext("Fires"),
    "reopened": lambda _: gettext("Fires again"),
    "joined": lambda it: ngettext("%(n)s began to fire", "%(n)s began to fire", _count(it), n=_count(it)),
    "left": lambda it: ngettext("%(n)s is over", "%(n)s are over", _count(it), n=_count(it)),
    "recovering": lambda it: ngettext("%(n)s recovers", "%(n)s recover", _count(it), n=_count(it)),
    "flapped": lambda it: ngettext("%(n)s got bad again", "%(n)s got bad again", _count(it), n=_count(it)),
    "resolved": lambda _: gettext("Over"),
    "notice": _notice,
    "suppressed": lambda it: gettext("Not told: “%(kind)s”", kind=KINDS.get(it.get("notice", ""), "")),
    "muted": lambda _: gettext("Kept quiet"),
    "unmuted": lambda _: gettext("No longer kept quiet"),
    "acknowledged": lambda it: gettext("%(name)s acknowledged it", name=it.get("by", "")),
    "ack_ended": _ack_ended,
    "severity": _severity,
}
"""Kind of a line to what it says."""
