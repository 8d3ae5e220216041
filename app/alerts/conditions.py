"""Conditions: what a rule holds against the world.

One of::

    {"metric": 'items{source="ebay.com"}', "operator": ">", "threshold": 5}
    {"event": "job_failed" | "job_stalled" | "job_lost" | "job_completed" | "error_group_new"}
    {"event": "no_item", "after": ms}
    {"event": "job_missing", "spider": "ebay.com: cards", "grace": ms,
     "every": ms | "cron": "0 3 * * *", "timezone": "Europe/Paris"}

Those on events may name a `source`, a `spider` or a `query`, and are then about its jobs alone. Whatever the kind, it
comes down to one figure that is compared with a threshold: 1 for what has just happened, the ms since the last item,
the ms that a job is overdue.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger

from app.core.errors import InvalidInput
from app.core.shape import a_choice, a_name, a_text, a_whole, an_object
from app.metrics import selector
from app.metrics.catalogue import METRICS
from scrapewatch.events import MAX_NUMBER

OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
}
MOMENTS: Final = ("job_failed", "job_completed", "error_group_new")
"""Events that are over as soon as they have happened."""
STATES: Final = ("job_stalled", "job_lost")
"""Events that last until the job goes on or ends."""
EVENTS: Final = (*MOMENTS, *STATES, "no_item", "job_missing")
MAX_TEXT: Final = 1_000
MAX_MS: Final = 366 * 86_400_000

_METRIC: Final = frozenset({"metric", "operator", "threshold"})
_FILTERS: Final = frozenset({"source", "spider", "query"})
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    **{name: _FILTERS | {"event"} for name in (*MOMENTS, *STATES)},
    "no_item": _FILTERS | {"event", "after"},
    "job_missing": frozenset({"event", "spider", "every", "cron", "timezone", "grace"}),
}
_DIRECTED: Final = {">": operator.le, ">=": operator.le, "<": operator.ge, "<=": operator.ge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that may hold.

    Attributes:
        kind: `metric`, `event`, `no_item` or `job_missing`.
        text: what is watched, in a word: the selector as it was given, or the event.
        metric: the metric's name; "" for the other kinds.
        where: labels that its series must carry.
        operator: one of `OPERATORS`; it holds where ``figure operator threshold``.
        filters: `source`, `spider` and `query` of the jobs that it is about.
        every_ms: how often the job is to start; None where `cron` says when.
    """

    kind: str
    text: str
    operator: str
    threshold: float
    metric: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    event: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    every_ms: int | None = None
    cron: str = ""
    timezone: str = "UTC"
    grace_ms: int = 0

    @property
    def is_moment(self) -> bool:
        """Whether it is over as soon as it has happened."""
        return self.event in MOMENTS

    @property
    def is_stored_only(self) -> bool:
        """Whether no live figure tells it."""
        found = METRICS.get(self.metric)
        return found is not None and (found.kind == "counter" or bool(found.labels))

    @property
    def scope(self) -> tuple[str, ...]:
        """By which labels it is told apart unless the rule says otherwise."""
        if self.kind == "job_missing":
            return ("spider",)
        if self.event == "error_group_new":
            return ("error", "source")
        if self.kind != "metric":
            return ("job",)
        labels = METRICS[self.metric].labels if self.metric in METRICS else ()
        return tuple(name for name in ("job", "worker") if name in labels)

    def holds(self, value: float, threshold: float | None = None) -> bool:
        """Whether it holds for a figure; of another threshold than its own, if one is given."""
        return OPERATORS[self.operator](value, self.threshold if threshold is None else threshold)

    def worse(self, one: float, other: float) -> float:
        """Of two figures, the one further into the condition; the second where the operator knows no further."""
        if self.operator in {">", ">="}:
            return max(one, other)
        return min(one, other) if self.operator in {"<", "<="} else other

    def resolves_at(self, value: object) -> float:
        """The threshold at which it no longer holds, on the good side of its own.

        Raises:
            InvalidInput: naming `resolveThreshold`.
        """
        found = a_figure(value, "resolveThreshold")
        is_good = _DIRECTED.get(self.operator, operator.eq)
        if not is_good(found, self.threshold):
            raise InvalidInput(
                "must not lie beyond the threshold %(threshold)s",
                threshold=f"{self.threshold:g}",
                field="resolveThreshold",
            )
        return found


def parse_condition(value: object) -> Condition:
    """The condition that `value` describes.

    Raises:
        InvalidInput: naming the field, as in ``condition.operator``.
    """
    given = an_object(value, "condition")
    if "event" not in given:
        _require_known(given, _METRIC)
        return _on_metric(given)
    event = a_choice(given["event"], "condition.event", EVENTS)
    _require_known(given, _FIELDS[event])
    if event == "job_missing":
        return _missing(given)
    kind, least = ("no_item", _ms(given, "after", least=1_000)) if event == "no_item" else ("event", 1)
    return Condition(kind=kind, text=event, event=event, operator=">=", threshold=float(least), filters=_filters(given))


def a_figure(value: object, path: str) -> float:
    """A number that a metric may be compared with.

    Raises:
        InvalidInput: naming `path`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
        raise InvalidInput("must be a number within ±1e100", field=path)
    return float(value)


@cache
def _zones() -> frozenset[str]:
    """Their names: they are looked for on the disk, and a silence is read at every evaluation."""
    return frozenset(available_timezones())


def a_zone(value: object, path: str) -> str:
    """The name of a time zone, such as ``Europe/Paris``.

    Raises:
        InvalidInput: naming `path`.
    """
    if not isinstance(value, str) or value not in _zones():
        raise InvalidInput("must be a time zone such as Europe/Paris", field=path)
    return value


def _on_metric(given: Mapping[str, Any]) -> Condition:
    text = a_text(given.get("metric"), "condition.metric", MAX_TEXT, 1)
    chosen = selector.parse(text, "condition.metric")
    metric = METRICS.get(chosen.name)
    unknown = [name for name in chosen.where if metric and name not in metric.labels]
    if unknown:
        raise InvalidInput(
            "%(name)s has no label %(unknown)s", name=chosen.name, unknown=unknown[0], field="condition.metric"
        )
    return Condition(
        kind="metric",
        text=text,
        metric=chosen.name,
        where=chosen.where,
        operator=a_choice(given.get("operator"), "condition.operator", tuple(OPERATORS)),
        threshold=a_figure(given.get("threshold"), "condition.threshold"),
    )


def _missing(given: Mapping[str, Any]) -> Condition:
    if ("every" in given) == ("cron" in given):
        raise InvalidInput("must say either every or cron", field="condition.every")
    grace_ms = _ms(given, "grace", otherwise=0)
    zone = a_zone(given.get("timezone", "UTC"), "condition.timezone")
    return Condition(
        kind="job_missing",
        text="job_missing",
        event="job_missing",
        operator=">",
        threshold=float(grace_ms),
        filters={"spider": a_name(given.get("spider"), "condition.spider", MAX_TEXT)},
        every_ms=_ms(given, "every", least=1_000) if "every" in given else None,
        cron=_cron(given["cron"], zone) if "cron" in given else "",
        timezone=zone,
        grace_ms=grace_ms,
    )


def _cron(value: object, zone: str) -> str:
    text = a_name(value, "condition.cron", MAX_TEXT)
    try:
        CronTrigger.from_crontab(text, ZoneInfo(zone))
    except ValueError as error:
        raise InvalidInput("must be five fields as of cron: %(error)s", error=error, field="condition.cron") from None
    return text


def _filters(given: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: a_name(given[name], f"condition.{name}", MAX_TEXT)
        for name in ("source", "spider", "query")
        if name in given
    }


def _ms(given: Mapping[str, Any], name: str, *, least: int = 0, otherwise: int | None = None) -> int:
    return a_whole(given.get(name, otherwise), f"condition.{name}", least, MAX_MS)


def _require_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise InvalidInput("is no field of such a condition", field=f"condition.{unknown[0]}")
