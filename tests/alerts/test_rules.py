"""Rules as outsiders write them."""

import copy
from typing import Any

import pytest

from app.alerts.conditions import OPERATORS
from app.alerts.defaults import DEFAULTS
from app.alerts.rules import parse, rule_json
from app.core.errors import InvalidInput
from app.metrics.catalogue import METRICS
from scrapewatch.events import EVENTS

CONFIG: dict[str, Any] = {
    "name": "high_failure_rate",
    "condition": {"metric": "jobs.failureRate", "operator": ">", "threshold": 0.1},
    "severity": "warning",
    "channels": ["slack", "email"],
    "cooldown": 300_000,
}


def changed(field: str, value: object) -> dict[str, Any]:
    """The config with one field, dotted for nested ones, set to something else."""
    config = copy.deepcopy(CONFIG)
    at, _, name = field.rpartition(".")
    (config[at] if at else config)[name] = value
    return config


def test_an_alert_config_is_a_rule_as_it_is():
    """The fields given come back; the optional ones have their defaults."""
    assert rule_json(parse(CONFIG)) == {**CONFIG, "id": 0, "version": 1, "minSamples": 5, "enabled": True}


def test_optional_fields_are_taken():
    """A rule may ask for samples and may be paused."""
    rule = parse({**CONFIG, "minSamples": 20, "enabled": False})

    assert (rule.min_samples, rule.enabled) == (20, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\nb"),
        ("name", "x" * 201),
        ("name", 7),
        ("condition", None),
        ("condition", []),
        ("condition.metric", None),
        ("condition.operator", "=>"),
        ("condition.operator", ["<"]),
        ("condition.threshold", "0.1"),
        ("condition.threshold", True),
        ("condition.threshold", float("nan")),
        ("condition.threshold", float("inf")),
        ("condition.threshold", 1e101),
        ("condition.window", 5),
        ("severity", "fatal"),
        ("channels", "slack"),
        ("channels", ["c"] * 21),
        ("cooldown", -1),
        ("cooldown", 1.5),
        ("cooldown", True),
        ("minSamples", 0),
        ("enabled", "yes"),
        ("colour", "red"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object):
    """Each mistake is refused under the name of its field."""
    with pytest.raises(InvalidInput) as refused:
        parse(changed(field, value))

    assert refused.value.field == field


@pytest.mark.parametrize("field", CONFIG)
def test_every_field_of_an_alert_config_is_required(field: str):
    """Left out, it is named."""
    config = {name: value for name, value in CONFIG.items() if name != field}

    with pytest.raises(InvalidInput) as refused:
        parse(config)
    assert refused.value.field == field


def test_a_channel_is_named_by_its_position():
    """The second of two is no text."""
    with pytest.raises(InvalidInput) as refused:
        parse(changed("channels", ["slack", 2]))

    assert refused.value.field == "channels.1"


def test_a_rule_is_an_object():
    """A list is none, and has no field to blame."""
    with pytest.raises(InvalidInput) as refused:
        parse([CONFIG])

    assert refused.value.field == ""


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        (">", False, False, True),
        ("<", True, False, False),
        ("==", False, True, False),
        (">=", False, True, True),
        ("<=", True, True, False),
        ("!=", True, False, True),
    ],
)
def test_operators_mean_what_they_say(operator: str, below: bool, at: bool, above: bool):
    """Below, at and above a threshold of 2."""
    rule = parse({**CONFIG, "condition": {"metric": "queue", "operator": operator, "threshold": 2}})

    assert [rule.condition.holds(value) for value in (1.0, 2.0, 3.0)] == [below, at, above]


def test_the_peak_lies_on_the_conditions_side():
    """Above a threshold the greater is worse, below it the lesser; at it, the later."""
    rules = {name: parse(changed("condition.operator", name)) for name in OPERATORS}

    assert {name: rule.condition.worse(3, 1) for name, rule in rules.items()} == {
        ">": 3, ">=": 3, "<": 1, "<=": 1, "==": 1, "!=": 1,
    }  # fmt: skip


@pytest.mark.parametrize("rule", DEFAULTS, ids=lambda rule: rule.name)
def test_a_default_watches_what_is_measured(rule):
    """Its metric is in the catalogue and counts its samples, five of which it wants."""
    assert METRICS[rule.metric].samples
    assert rule.min_samples == 5


def test_the_defaults_are_the_two_promised():
    """Failures above a tenth, processors above eight tenths."""
    told = {
        rule.name: (
            rule.metric,
            rule.condition.operator,
            rule.condition.threshold,
            rule.severity,
            rule.channels,
            rule.cooldown_ms,
        )
        for rule in DEFAULTS
    }
    assert told == {
        "high_failure_rate": ("jobs.failureRate", ">", 0.1, "warning", ("slack", "email"), 300_000),
        "system_overload": ("system.cpu.usage", ">", 0.8, "critical", ("slack", "email", "sms"), 60_000),
    }


def test_a_notice_is_a_known_event():
    """The event that alerts announce needs no job."""
    assert not EVENTS["system_alert"].needs_job
