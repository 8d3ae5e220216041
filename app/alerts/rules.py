"""Rules: read from outside and checked, told to outsiders, held against a value.

A rule looks like the AlertConfig it is named after, with two optional fields::

    {"name": str, "condition": {"metric": str, "operator": str, "threshold": number},
     "severity": str, "channels": [str, ...], "cooldown": ms,
     "minSamples": int = 1, "enabled": bool = true}
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.core.errors import InvalidInput
from app.storage.base_alerts import Rule
from scrapewatch.events import MAX_NUMBER

SEVERITIES: Final = ("info", "warning", "error", "critical")
OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
}
MAX_NAME: Final = 200
MAX_CHANNELS: Final = 20
MAX_COOLDOWN_MS: Final = 366 * 86_400_000

_FIELDS: Final = {"name", "condition", "severity", "channels", "cooldown", "minSamples", "enabled"}
_CONDITION: Final = {"metric", "operator", "threshold"}


def parse(config: object) -> Rule:
    """The rule that `config` describes.

    Raises:
        InvalidInput: a field is missing, unknown or can't be what it is; names it, as in ``condition.operator``.
    """
    body = _object(config, "", _FIELDS)
    condition = _object(body.get("condition"), "condition", _CONDITION)
    return Rule(
        name=_text(body.get("name"), "name"),
        metric=_text(condition.get("metric"), "condition.metric"),
        operator=_choice(condition.get("operator"), "condition.operator", tuple(OPERATORS)),
        threshold=_threshold(condition.get("threshold")),
        severity=_choice(body.get("severity"), "severity", SEVERITIES),
        channels=_channels(body.get("channels")),
        cooldown_ms=_whole(body.get("cooldown"), "cooldown", 0, MAX_COOLDOWN_MS),
        min_samples=_whole(body.get("minSamples", 1), "minSamples", 1, 1_000_000),
        enabled=_truth(body.get("enabled", True), "enabled"),
    )


def rule_json(rule: Rule) -> dict[str, Any]:
    """The rule as outsiders see it."""
    return {
        "id": rule.id,
        "name": rule.name,
        "condition": {"metric": rule.metric, "operator": rule.operator, "threshold": rule.threshold},
        "severity": rule.severity,
        "channels": list(rule.channels),
        "cooldown": rule.cooldown_ms,
        "minSamples": rule.min_samples,
        "enabled": rule.enabled,
    }


def holds(rule: Rule, value: float) -> bool:
    """Whether `value` meets the rule's condition."""
    return OPERATORS[rule.operator](value, rule.threshold)


def worse(rule: Rule, one: float, other: float) -> float:
    """Of two values, the one further into the condition; the second where the operator knows no further."""
    if rule.operator in {">", ">="}:
        return max(one, other)
    return min(one, other) if rule.operator in {"<", "<="} else other


def _object(value: object, field: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field or 'a rule'} must be an object", field=field)
    unknown = sorted(str(name) for name in value if name not in known)
    if unknown:
        raise InvalidInput(f"{unknown[0]} is no field of {field or 'a rule'}", field=_dotted(field, unknown[0]))
    return value


def _dotted(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise InvalidInput(f"{field} must be printable text of 1 to {MAX_NAME} characters", field=field)
    return value


def _choice(value: object, field: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInput(f"{field} must be one of {', '.join(allowed)}", field=field)
    return value


def _threshold(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
        raise InvalidInput("condition.threshold must be a number within ±1e100", field="condition.threshold")
    return float(value)


def _channels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_CHANNELS:
        raise InvalidInput(f"channels must be a list of at most {MAX_CHANNELS} names", field="channels")
    return tuple(_text(name, f"channels.{position}") for position, name in enumerate(value))


def _whole(value: object, field: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(f"{field} must be a whole number from {low} to {high}", field=field)
    return value


def _truth(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{field} must be true or false", field=field)
    return value
