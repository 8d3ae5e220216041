"""Every field of a rule: what it is by default, what it may be, and how the rule reads in words."""

from typing import Any

import pytest

from app.alerts.fields import FIELDS
from app.alerts.rules import parse, rule_json
from app.alerts.wording import condition, sentence
from app.core.errors import InvalidInput
from tests.alerts.conftest import CONFIG

ERRORS = {"metric": "errors", "operator": ">", "threshold": 5}
FULL: dict[str, Any] = {
    **CONFIG,
    "condition": ERRORS,
    "enabled": False,
    "scope": ["job", "source"],
    "groupBy": ["jobId"],
    "window": 60_000,
    "aggregation": "sum",
    "minSamples": 3,
    "for": 30_000,
    "keepFiringFor": 60_000,
    "resolveThreshold": 2,
    "noData": "alert",
    "staleAfter": 600_000,
    "repeatInterval": 3_600_000,
    "maxReminders": 3,
    "sendResolved": False,
    "groupWait": 5_000,
    "inhibits": ["other"],
    "labels": {"team": "data"},
    "summary": "Too many errors",
    "runbookUrl": "https://runbook.example/errors",
}


def test_a_rule_may_say_all_of_it():
    """What is given comes back as it is, and comes back again from what came back."""
    assert FULL.keys() == FIELDS.keys()
    told = rule_json(parse(FULL))

    assert told == {**FULL, "id": 0, "version": 1}
    assert rule_json(parse(told)) == told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"scope": (), "window_ms": None, "group_wait_ms": 0, "repeat_interval_ms": 14_400_000, "min_samples": 1}),
        ({"severity": "critical"}, {"group_wait_ms": 0, "repeat_interval_ms": 3_600_000}),
        ({"condition": ERRORS}, {"scope": ("job",), "window_ms": 60_000, "group_wait_ms": 10_000}),
        ({"condition": ERRORS, "scope": "global"}, {"scope": (), "window_ms": 60_000, "group_wait_ms": 0}),
        ({"condition": {**ERRORS, "metric": "host.cpu.usage"}}, {"scope": ("worker",)}),
        ({"condition": {**ERRORS, "metric": "jobs.failureRate"}}, {"scope": (), "window_ms": None, "min_samples": 5}),
        ({"aggregation": "max"}, {"window_ms": 60_000}),
        ({"cooldown": 86_400_000}, {"repeat_interval_ms": 86_400_000}),
        ({"repeatInterval": 0}, {"repeat_interval_ms": 0}),
        ({"condition": {"event": "job_failed"}}, {"scope": ("job",), "send_resolved": False}),
        ({"condition": {"event": "job_lost"}}, {"scope": ("job",), "send_resolved": True}),
        ({"condition": {"event": "job_failed"}, "keepFiringFor": 0}, {"keep_firing_for_ms": 20_000}),
        ({"resolveThreshold": None}, {"resolve_threshold": 10.0}),
    ],
)
def test_what_is_left_out_follows_the_rest(changes: dict[str, Any], expected: dict[str, Any]):
    """Metric, severity and cooldown decide."""
    rule = parse({**CONFIG, **changes})

    assert {name: getattr(rule, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": ["domain"], "condition": ERRORS}, "scope.0"),
        ({"scope": 5}, "scope"),
        ({"groupBy": ["worker"]}, "groupBy.0"),
        ({"window": 1_000}, "window"),
        ({"window": 5_000, "condition": {"event": "job_failed"}}, "window"),
        ({"scope": "global", "condition": {"event": "job_failed"}}, "scope"),
        ({"aggregation": "median"}, "aggregation"),
        ({"for": -1}, "for"),
        ({"keepFiringFor": "2m"}, "keepFiringFor"),
        ({"resolveThreshold": 11}, "resolveThreshold"),
        ({"condition": {**ERRORS, "operator": "<"}, "resolveThreshold": 4}, "resolveThreshold"),
        ({"noData": "ignore"}, "noData"),
        ({"repeatInterval": 1.5}, "repeatInterval"),
        ({"maxReminders": -1}, "maxReminders"),
        ({"sendResolved": 1}, "sendResolved"),
        ({"groupWait": True}, "groupWait"),
        ({"inhibits": "other"}, "inhibits"),
        ({"labels": {"team": 5}}, "labels.team"),
        ({"summary": "\0"}, "summary"),
        ({"runbookUrl": "javascript:alert(1)"}, "runbookUrl"),
        ({"condition": {**ERRORS, "metric": 'errors{colour="red"}'}}, "condition.metric"),
        ({"condition": {**ERRORS, "metric": "errors{"}}, "condition.metric"),
        ({"condition": {"event": "job_exploded"}}, "condition.event"),
        ({"condition": {"event": "job_failed", "after": 5}}, "condition.after"),
        ({"condition": {"event": "no_item"}}, "condition.after"),
        ({"condition": {"event": "job_missing", "every": 60_000}}, "condition.spider"),
        ({"condition": {"event": "job_missing", "spider": "a"}}, "condition.every"),
        ({"condition": {"event": "job_missing", "spider": "a", "cron": "soon"}}, "condition.cron"),
        (
            {"condition": {"event": "job_missing", "spider": "a", "cron": "0 3 * * *", "timezone": "Mars"}},
            "condition.timezone",
        ),
    ],
)
@pytest.mark.statement(41)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str):
    """By its own field, however the rule looks otherwise."""
    with pytest.raises(InvalidInput) as refused:
        parse({**CONFIG, **changes})

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ERRORS, "errors above 5"),
        ({**ERRORS, "metric": "jobs.failureRate", "threshold": 0.105}, "jobs.failureRate above 10.5 %"),
        ({**ERRORS, "metric": "latency.p95", "operator": ">=", "threshold": 1500}, "latency.p95 at or above 1,500 ms"),
        ({"event": "job_failed", "source": "ebay.com"}, "a job fails, of source ebay.com"),
        ({"event": "no_item", "after": 600_000}, "a job brings no item for 10 min"),
        (
            {"event": "job_missing", "spider": "a", "every": 86_400_000, "grace": 60_000},
            "no job of spider a starts, due every day, 1 min late",
        ),
        (
            {"event": "job_missing", "spider": "a", "every": 5_400_000, "grace": 0},
            "no job of spider a starts, due every 90 min",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(given: dict[str, Any], words: str):
    """With the unit of its metric."""
    assert condition(parse({**CONFIG, "condition": given})) == words


def test_a_rule_reads_as_a_sentence():
    """What it will do, in the order in which it will do it."""
    assert sentence(parse(FULL)) == (
        "When errors above 5 over 1 min, for each job and source, for 30 s: warning to slack, at most once in 1 min;"
        " over 1 min after it no longer holds; it also fires when nothing is heard for 10 min; 3 reminders at most,"
        " after 1 h each; its end is not told; keeps quiet meanwhile: other. Paused."
    )
