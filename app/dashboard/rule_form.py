"""The form of a rule: read into its fields, and filled from them. What it does not show of a rule stays as it is."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from app.alerts.wording import span
from app.core.errors import InvalidInput

METRIC: Final = "metric"
KINDS: Final = {
    METRIC: lazy_gettext("A metric is beyond a limit"),
    "job_failed": lazy_gettext("A job fails"),
    "job_stalled": lazy_gettext("A job stalls"),
    "job_lost": lazy_gettext("A job is lost"),
    "job_completed": lazy_gettext("A job completes"),
    "error_group_new": lazy_gettext("A new kind of error appears"),
    "no_item": lazy_gettext("A job brings no item for a while"),
    "job_missing": lazy_gettext("A job does not start when it should"),
}
"""What a rule may be about."""

SPANS: Final = {
    "for": lazy_gettext("Has to hold for"),
    "keepFiringFor": lazy_gettext("Is over when it has not held for"),
    "cooldown": lazy_gettext("At most one notice in"),
    "repeatInterval": lazy_gettext("Reminder after"),
}
"""Durations of every rule; what is left empty has its usual length."""

ABOUT: Final = ("source", "spider")
"""Filters of a condition on events."""
NEW: Final[Mapping[str, str]] = {
    "on": METRIC,
    "metric": "jobs.failureRate",
    "operator": ">",
    "threshold": "0.1",
    "severity": "warning",
    "cooldown": "5 min",
    "enabled": "on",
}
"""What a new rule's form begins with."""

_UNITS: Final = {
    "ms": 1, "s": 1_000, "sec": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "day": 86_400_000,
    "days": 86_400_000,
}  # fmt: skip
_PART: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_TEXTS: Final = ("summary", "runbookUrl")
_METRICS_OWN: Final = ("window", "aggregation", "scope", "groupBy", "resolveThreshold")


def length_ms(text: str, field: str) -> int:
    """A span as people write it, ``90 s``, ``5 min``, ``1 h 30 min``, in ms.

    Raises:
        InvalidInput: naming `field`.
    """
    rest, total = text.strip(), 0.0
    if rest == "0":
        return 0
    while found := _PART.match(rest):
        unit = _UNITS.get(found[2].lower())
        if unit is None:
            break
        total, rest = total + float(found[1].replace(",", ".")) * unit, rest[found.end() :]
    if rest or not text.strip():
        raise InvalidInput("must be a span such as 90 s, 5 min or 2 h", field=field)
    return round(total)


def filled(config: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form for these fields of a rule."""
    condition = config["condition"]
    kind = condition.get("event", METRIC)
    values = {"on": kind, "name": config["name"], "severity": config["severity"]}
    values |= {name: str(condition[name]) for name in ("metric", "operator", *ABOUT, "cron") if name in condition}
    values |= {name: _span(condition[name]) for name in ("after", "every", "grace") if name in condition}
    values |= {name: _span(config[name]) for name in (*SPANS, "window") if config.get(name) is not None}
    values |= {name: str(config[name]) for name in (*_TEXTS, "aggregation") if config.get(name)}
    for name in ("scope", "groupBy"):
        value = config.get(name) or ""
        values[name] = value if isinstance(value, str) else ", ".join(value)
    if "threshold" in condition:
        values["threshold"] = f"{condition['threshold']:g}"
    if config.get("enabled", True):
        values["enabled"] = "on"
    return values


def read(form: "MultiDict[str, str]", before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule: those of the form laid over the ones it had.

    Raises:
        InvalidInput: naming the field that holds no number or no span.
    """
    config = {**before, "name": form.get("name", "").strip(), "severity": form.get("severity", "")}
    config["condition"] = _condition(form, before.get("condition") or {})
    config["channels"] = form.getlist("channels")
    config["enabled"] = "enabled" in form
    for name in SPANS:
        _put(config, name, length_ms(form[name], name) if form.get(name, "").strip() else None)
    config.setdefault("cooldown", 0)
    for name in _TEXTS:
        _put(config, name, form.get(name, "").strip() or None)
    is_metric = "metric" in config["condition"]
    if is_metric:
        _put(config, "window", length_ms(form["window"], "window") if form.get("window", "").strip() else None)
        _put(config, "aggregation", form.get("aggregation") or None)
        for name in ("scope", "groupBy"):
            _put(config, name, _list(form.get(name, "")) or None)
        if config["condition"].get("threshold") != (before.get("condition") or {}).get("threshold"):
            config.pop("resolveThreshold", None)  # it belonged to the other threshold
        return config
    return {name: value for name, value in config.items() if name not in _METRICS_OWN}


def _condition(form: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    kind = form.get("on", METRIC)
    if kind == METRIC:
        threshold = _number(form.get("threshold", ""))
        return {"metric": form.get("metric", "").strip(), "operator": form.get("operator", ""), "threshold": threshold}
    kept = dict(before) if before.get("event") == kind else {"event": kind}
    for name in ABOUT[1:] if kind == "job_missing" else ABOUT:
        _put(kept, name, form.get(name, "").strip() or None)
    spans = {"no_item": ("after",), "job_missing": ("every", "grace")}.get(kind, ())
    for name in spans:
        text = form.get(name, "").strip()
        _put(kept, name, length_ms(text, f"condition.{name}") if text else None)
    if kind == "job_missing":
        _put(kept, "cron", form.get("cron", "").strip() or None)
    return kept


def _number(text: str) -> float:
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        raise InvalidInput("must be a number", field="condition.threshold") from None
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def _list(text: str) -> str | Sequence[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return "global" if names == ["global"] else names


def _put(config: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        config.pop(name, None)
    else:
        config[name] = value


def _span(ms: int) -> str:
    return span(ms) if ms else "0"
