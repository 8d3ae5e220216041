"""Rules: read from outside and checked, told to outsiders.

A rule looks like the AlertConfig it is named after::

    {"name": str, "condition": {"metric": str, "operator": str, "threshold": number},
     "severity": str, "channels": [str, ...], "cooldown": ms}

and may say more: `app.alerts.fields` has a row for each field. Durations are ms, from 0 to a year.

Left out is not the same as given: what depends on another field follows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from app.alerts.conditions import Condition, parse_condition
from app.alerts.fields import FIELDS
from app.core.errors import InvalidInput
from app.core.shape import a_choice, a_list, a_name, a_text, a_truth, a_whole, an_object, below
from app.metrics.catalogue import METRICS
from app.metrics.series import AGGREGATIONS
from app.storage.base_series import Labels

SEVERITIES: Final = ("info", "warning", "error", "critical")
"""From the least to the worst."""
NO_DATA: Final = ("keep", "ok", "alert")
GLOBAL: Final = "global"
MAX_NAME: Final = 200
MAX_TEXT: Final = 2_000
MAX_CHANNELS: Final = 20
MAX_LABELS: Final = 20
MAX_SCOPE: Final = 5
MAX_INHIBITS: Final = 100
MAX_MS: Final = 366 * 86_400_000
DEFAULT_WINDOW_MS: Final = 60_000
MAX_WINDOW_MS: Final = 86_400_000
RATIO_SAMPLES: Final = 5
"""One failure of one job is no failure rate. (More than a dozen readings a minute a host does not give.)"""

_HOUR_MS: Final = 3_600_000
_OURS: Final = frozenset({"id", "version", "sentence"})
"""What the API adds, so that what came out may go in again."""
_JOBS_OWN: Final = frozenset({"source", "spider"})
"""What an instance of a job carries besides, where its job says it."""
_ALIASES: Final = {"jobId": "job"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When to open an incident, and whom to tell; the module says what the fields are.

    Attributes:
        config: the fields as they were given.
        id: the store's number, 0 before it is stored.
        version: changes with every change, for compare-and-set.
        scope: the labels of its instances; none is a rule of one instance.
        window_ms: None for a live figure.
    """

    name: str
    condition: Condition
    severity: str
    channels: tuple[str, ...]
    cooldown_ms: int
    enabled: bool
    scope: tuple[str, ...]
    group_by: tuple[str, ...]
    window_ms: int | None
    aggregation: str | None
    min_samples: int
    for_ms: int
    keep_firing_for_ms: int
    resolve_threshold: float
    no_data: str
    stale_after_ms: int
    repeat_interval_ms: int
    max_reminders: int
    send_resolved: bool
    group_wait_ms: int
    inhibits: tuple[str, ...]
    labels: Mapping[str, str]
    summary: str
    runbook_url: str
    config: Mapping[str, Any] = field(repr=False)
    id: int = 0
    version: int = 1

    @property
    def metric(self) -> str:
        """What is watched, in a word."""
        return self.condition.text

    def fits(self, labels: Labels) -> bool:
        """Whether an instance of these labels is one of this rule's, as it is now."""
        more = _JOBS_OWN if "job" in self.scope else frozenset()
        return {name for name, _ in labels} - more == set(self.scope) - more


def parse(config: object) -> Rule:
    """The rule that `config` describes.

    Raises:
        InvalidInput: a field is missing, unknown or can't be what it is; names it, as in ``condition.operator``.
    """
    given = _known(an_object(config, ""))
    condition = parse_condition(given.get("condition"))
    severity = a_choice(given.get("severity"), "severity", SEVERITIES)
    scope = _scope(given, condition)
    cooldown_ms = _ms(given.get("cooldown"), "cooldown")
    return Rule(
        name=a_name(given.get("name"), "name", MAX_NAME),
        condition=condition,
        severity=severity,
        channels=_names(given.get("channels"), "channels", MAX_CHANNELS),
        cooldown_ms=cooldown_ms,
        enabled=a_truth(given.get("enabled", True), "enabled"),
        scope=scope,
        group_by=_group_by(given.get("groupBy", []), scope),
        **_comparison(given, condition, scope),
        **_waiting(given, condition, severity, cooldown_ms, scope),
        inhibits=_names(given.get("inhibits", []), "inhibits", MAX_INHIBITS),
        labels=_labels(given.get("labels", {})),
        summary=a_text(given.get("summary", ""), "summary", MAX_TEXT),
        runbook_url=_address(given.get("runbookUrl", "")),
        config=given,
    )


def stored(config: Mapping[str, Any], rule_id: int, version: int) -> Rule:
    """The rule of a stored configuration."""
    return replace(parse(config), id=rule_id, version=version)


def rule_json(rule: Rule) -> dict[str, Any]:
    """The rule as outsiders see it: what was given, and what it came to be."""
    ours = {"id": rule.id, "version": rule.version, "enabled": rule.enabled, "minSamples": rule.min_samples}
    return {**rule.config, **ours}


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(str(name) for name in given if name not in FIELDS.keys() | _OURS)
    if unknown:
        raise InvalidInput("is no field of a rule", field=unknown[0])
    return {name: value for name, value in given.items() if name in FIELDS and value is not None}


def _comparison(given: Mapping[str, Any], condition: Condition, scope: tuple[str, ...]) -> dict[str, Any]:
    """What is compared with what."""
    window_ms, aggregation = _window(given, condition, scope)
    metric = METRICS.get(condition.metric)
    samples = RATIO_SAMPLES if metric and metric.unit == "ratio" and metric.samples else 1
    return {
        "window_ms": window_ms,
        "aggregation": aggregation,
        "min_samples": a_whole(given.get("minSamples", samples), "minSamples", 1, 1_000_000),
        "resolve_threshold": condition.resolves_at(given.get("resolveThreshold", condition.threshold)),
        "no_data": a_choice(given.get("noData", "keep"), "noData", NO_DATA),
        "stale_after_ms": _ms(given.get("staleAfter", 180_000), "staleAfter"),
    }


def _waiting(
    given: Mapping[str, Any], condition: Condition, severity: str, cooldown_ms: int, scope: tuple[str, ...]
) -> dict[str, Any]:
    """What comes after how long, and how often."""
    critical = severity == "critical"
    wait_ms = _ms(given.get("groupWait", 10_000 if scope and not critical else 0), "groupWait")
    keep_ms = _ms(given.get("keepFiringFor", 120_000), "keepFiringFor")
    if condition.is_moment:  # it would be over before it is told
        keep_ms = max(keep_ms, 2 * wait_ms)
    repeat_ms = _ms(given.get("repeatInterval", _HOUR_MS if critical else 4 * _HOUR_MS), "repeatInterval")
    return {
        "for_ms": _ms(given.get("for", 0), "for"),
        "keep_firing_for_ms": keep_ms,
        "repeat_interval_ms": max(repeat_ms, cooldown_ms) if repeat_ms else 0,
        "max_reminders": a_whole(given.get("maxReminders", 0), "maxReminders", 0, 1_000),
        "send_resolved": a_truth(given.get("sendResolved", not condition.is_moment), "sendResolved"),
        "group_wait_ms": wait_ms,
    }


def _window(given: Mapping[str, Any], condition: Condition, scope: tuple[str, ...]) -> tuple[int | None, str | None]:
    if condition.kind != "metric":
        for name in ("window", "aggregation"):
            if name in given:
                raise InvalidInput("is for a condition on a metric", field=name)
        return None, None
    aggregation = a_choice(given["aggregation"], "aggregation", AGGREGATIONS) if "aggregation" in given else None
    if "window" in given:
        return a_whole(given["window"], "window", 5_000, MAX_WINDOW_MS), aggregation
    is_live = not scope and not condition.where and aggregation is None and not condition.is_stored_only
    return None if is_live else DEFAULT_WINDOW_MS, aggregation


def _scope(given: Mapping[str, Any], condition: Condition) -> tuple[str, ...]:
    if "scope" not in given:
        return condition.scope
    if condition.kind != "metric":
        raise InvalidInput("is for a condition on a metric", field="scope")
    value = given["scope"]
    names = () if value == GLOBAL else _names([value] if isinstance(value, str) else value, "scope", MAX_SCOPE)
    metric = METRICS.get(condition.metric)
    for position, name in enumerate(names):
        if metric and name not in metric.labels:
            allowed = ", ".join(metric.labels) or f"none; {GLOBAL} is all it can be"
            raise InvalidInput(
                "must be a label of %(metric)s: %(allowed)s",
                metric=condition.metric,
                allowed=allowed,
                field=f"scope.{position}",
            )
    return names


def _group_by(value: object, scope: tuple[str, ...]) -> tuple[str, ...]:
    names = _names([value] if isinstance(value, str) else value, "groupBy", MAX_SCOPE)
    for position, name in enumerate(names):
        if name not in scope:
            raise InvalidInput(
                "must be one of the scope: %(known)s", known=", ".join(scope), field=f"groupBy.{position}"
            )
    return names


def _names(value: object, path: str, most: int) -> tuple[str, ...]:
    given = list(value) if isinstance(value, tuple) else value
    names = [a_name(name, f"{path}.{place}", MAX_NAME) for place, name in enumerate(a_list(given, path, most))]
    return tuple(dict.fromkeys(_ALIASES.get(name, name) for name in names))


def _labels(value: object) -> dict[str, str]:
    labels = an_object(value, "labels")
    if len(labels) > MAX_LABELS:
        raise InvalidInput("must hold at most %(most)s", most=MAX_LABELS, field="labels")
    return {
        a_name(name, "labels", MAX_NAME): a_text(text, below("labels", name), MAX_NAME) for name, text in labels.items()
    }


def _address(value: object) -> str:
    text = a_text(value, "runbookUrl", MAX_TEXT)
    if text and not (text.isprintable() and _is_of_the_web(text)):
        raise InvalidInput("must start with http:// or https://", field="runbookUrl")
    return text


def _is_of_the_web(text: str) -> bool:
    try:
        return urlsplit(text).scheme in {"http", "https"}
    except ValueError:  # a bracket without its other
        return False


def _ms(value: object, path: str) -> int:
    return a_whole(value, path, 0, MAX_MS)
