"""The form of a rule: read into its fields, and filled from them.

What stands in it as it stood leaves the rule as it was, to the last digit, and so does what it does not show. To add a
field, add a row to `FIELDS`, or to `OF_CONDITION`, and its control to the template.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from app.alerts.rules import Rule, parse
from app.alerts.wording import SIZES, span
from app.core.errors import InvalidInput
from app.dashboard.language import told

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

SILENCES: Final = {
    "": lazy_gettext("no news"),
    "ok": lazy_gettext("all is well"),
    "alert": lazy_gettext("something is wrong"),
}
"""What lasting silence may be taken for."""

ENDS: Final = {"": lazy_gettext("as usual"), "true": lazy_gettext("yes"), "false": lazy_gettext("no")}
"""Whether the end is told."""

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

CHOICES: Final = ("channels", "inhibits")
"""Fields that are lists of names to be ticked."""

_UNITS: Final = {
    "ms": 1, "s": 1_000, "sec": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "day": 86_400_000,
    "days": 86_400_000, "j": 86_400_000, "jour": 86_400_000, "jours": 86_400_000,
}  # fmt: skip
_PART: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_TIMES: Final = {"": Decimal(1), "%": Decimal("0.01")} | {
    unit.lower(): Decimal(1_000) ** step for step, unit in enumerate(SIZES)
}
_FIGURE: Final = re.compile(rf"([+-]?[\d.,]+(?:e[+-]?\d+)?)\s*({'|'.join(_TIMES)})", re.ASCII | re.IGNORECASE)
_WHOLE: Final = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Control:
    """How a field stands in the form.

    Attributes:
        shown: the text that stands for a value.
        read: the value of a text; told the field's name for its error.
        kinds: what a rule must be about to have it there; none is anything.
    """

    shown: Callable[[Any], str]
    read: Callable[[str, str], Any]
    kinds: tuple[str, ...] = ()


def length_ms(text: str, field: str) -> int:
    """A span as people write it, ``90 s``, ``5 min``, ``1 h 30 min``, in ms.

    Raises:
        InvalidInput: naming `field`.
    """
    rest, total = " ".join(text.split()), 0.0  # French puts a space between that does not break
    if rest == "0":
        return 0
    while found := _PART.match(rest):
        unit = _UNITS.get(found[2].lower())
        if unit is None:
            break
        total, rest = total + float(found[1].replace(",", ".")) * unit, rest[found.end() :]
    if rest or not text.strip() or not math.isfinite(total):
        raise InvalidInput("must be a span such as 90 s, 5 min or 2 h", field=field)
    return round(total)


def filled(config: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form for these fields of a rule; what is ticked is `CHOICES`."""
    condition = config["condition"]
    values = {"on": condition.get("event", METRIC)}
    for held, controls in ((condition, OF_CONDITION), (config, FIELDS)):
        given = {name: control for name, control in controls.items() if held.get(name) is not None}
        values |= {name: control.shown(held[name]) for name, control in given.items()}
    if config.get("enabled", True):
        values["enabled"] = "on"
    return values


def read(form: "MultiDict[str, str]", before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule: those of the form laid over the ones it had, none if it is new.

    Raises:
        InvalidInput: naming the field that can't be read.
    """
    was = filled(before) if before else {}
    kind = form.get("on", METRIC)
    config = dict(before)
    if kind == was.get("on"):
        condition = _laid(dict(before["condition"]), form, was, OF_CONDITION, kind)
    else:
        condition = _laid({} if kind == METRIC else {"event": kind}, form, {}, OF_CONDITION, kind)
        config = {name: value for name, value in config.items() if name not in FIELDS or _is_of(FIELDS[name], kind)}
    config = {**_laid(config, form, was, FIELDS, kind), "condition": condition}
    config.setdefault("cooldown", 0)
    for name in CHOICES:
        chosen = form.getlist(name)
        if set(chosen) != set(before.get(name, ())) or (name == "channels" and not before):
            config[name] = chosen
    if not before or ("enabled" in form) != ("enabled" in was):
        config["enabled"] = "enabled" in form
    return config


def unusual(config: Mapping[str, Any]) -> set[str]:
    """The fields without which the rule would be another; of one that can't be read, all that are given."""
    try:
        whole = _effect(config)
    except InvalidInput:
        return set(config)
    return {name for name in config if not _is_same(whole, {key: config[key] for key in config if key != name})}


def _is_same(whole: Rule, config: Mapping[str, Any]) -> bool:
    try:
        return _effect(config) == whole
    except InvalidInput:
        return False


def _effect(config: Mapping[str, Any]) -> Rule:
    """The rule, however it was written."""
    return replace(parse(config), config={})


def _laid(
    held: dict[str, Any], form: Mapping[str, str], was: Mapping[str, str], controls: Mapping[str, Control], kind: str
) -> dict[str, Any]:
    """`held` with what was written over it, where that is not what stood there."""
    above = "condition." if controls is OF_CONDITION else ""
    shown = {name: control for name, control in controls.items() if name in form and _is_of(control, kind)}
    for name, control in shown.items():
        text = _clean(form[name])
        if text == _clean(was.get(name, "")):
            continue
        if text:
            held[name] = control.read(text, above + name)
        else:
            held.pop(name, None)
    return held


def _is_of(control: Control, kind: str) -> bool:
    return not control.kinds or kind in control.kinds


def _clean(text: str) -> str:
    """Without what a browser makes of line ends."""
    return text.replace("\r\n", "\n").strip()


def _number(text: str, field: str) -> float:
    written = _FIGURE.fullmatch(text)
    try:
        found = float(Decimal(written[1].replace(",", ".")) * _TIMES[written[2].lower()]) if written else math.nan
    except ArithmeticError:
        found = math.nan
    if not math.isfinite(found):
        raise InvalidInput("must be a number, also 10 % or 2 GB", field=field)
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def figure(value: float) -> str:
    """A number as it stands in the form: to the last digit, and without an exponent."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else f"{Decimal(repr(float(value))):f}"


def _whole(text: str, field: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise InvalidInput("must be a whole number", field=field)
    return int(text)


def _list(text: str, _: str) -> str | Sequence[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return "global" if names == ["global"] else names


def _labels(text: str, field: str) -> dict[str, str]:
    found = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        name, sign, value = line.partition("=")
        if not sign:
            raise InvalidInput("must be lines such as team=shops", field=field)
        found[name.strip()] = value.strip()
    return found


def _span(ms: int) -> str:
    return told(span(ms)) if ms else "0"


_ON_EVENTS: Final = tuple(kind for kind in KINDS if kind != METRIC)
_ON_JOBS: Final = tuple(kind for kind in _ON_EVENTS if kind != "job_missing")
_SILENT: Final = (METRIC, "no_item", "job_missing")
"""Of these there may be no figure."""

_TEXT: Final = Control(str, lambda text, _: text)
_SPAN: Final = Control(_span, length_ms)
_WHOLE_NUMBER: Final = Control(str, _whole)
_NAMES: Final = Control(lambda value: value if isinstance(value, str) else ", ".join(value), _list)

OF_CONDITION: Final[Mapping[str, Control]] = {
    "metric": replace(_TEXT, kinds=(METRIC,)),
    "operator": replace(_TEXT, kinds=(METRIC,)),
    "threshold": Control(figure, _number, (METRIC,)),
    "source": replace(_TEXT, kinds=_ON_JOBS),
    "spider": replace(_TEXT, kinds=_ON_EVENTS),
    "query": replace(_TEXT, kinds=_ON_JOBS),
    "after": replace(_SPAN, kinds=("no_item",)),
    "every": replace(_SPAN, kinds=("job_missing",)),
    "grace": replace(_SPAN, kinds=("job_missing",)),
    "cron": replace(_TEXT, kinds=("job_missing",)),
    "timezone": replace(_TEXT, kinds=("job_missing",)),
}
"""Fields of a condition."""

FIELDS: Final[Mapping[str, Control]] = {
    "name": _TEXT,
    "severity": _TEXT,
    **dict.fromkeys(SPANS, _SPAN),
    "window": replace(_SPAN, kinds=(METRIC,)),
    "aggregation": replace(_TEXT, kinds=(METRIC,)),
    "scope": replace(_NAMES, kinds=(METRIC,)),
    "minSamples": replace(_WHOLE_NUMBER, kinds=(METRIC,)),
    "resolveThreshold": Control(figure, _number, (METRIC,)),
    "noData": Control(lambda value: "" if value == "keep" else value, lambda text, _: text, _SILENT),
    "staleAfter": replace(_SPAN, kinds=_SILENT),
    "groupBy": _NAMES,
    "groupWait": _SPAN,
    "maxReminders": _WHOLE_NUMBER,
    "sendResolved": Control(lambda value: str(value).lower(), lambda text, _: text == "true"),
    "labels": Control(lambda value: "\n".join(f"{name}={text}" for name, text in value.items()), _labels),
    "summary": _TEXT,
    "runbookUrl": _TEXT,
}
"""Fields of a rule besides its condition, what is ticked, and whether it is on."""
