"""Silences: what they match, when they are on, and what they keep quiet."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.alerts.overlay import inhibitors_of, muted
from app.alerts.rules import parse as parse_rule
from app.alerts.silences import parse
from app.core.errors import Conflict, InvalidInput, NotFound
from app.storage.base_alerts import Instance
from tests.alerts.conftest import CONFIG
from tests.fakes import NOW_MS

HOUR_MS = 3_600_000
RULE = [{"name": "rule", "operator": "=", "value": "backlog"}]
SILENCE: dict[str, Any] = {"matchers": RULE, "reason": "deploying", "to": NOW_MS + HOUR_MS}
NIGHTS = {"days": ["mon", "fri"], "from": "22:00", "to": "06:00", "timezone": "Europe/Paris"}


def at(text: str) -> int:
    """A moment as ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("name", "operator", "value", "matches"),
    [
        ("rule", "=", "backlog", True),
        ("rule", "=", "other", False),
        ("rule", "!=", "other", True),
        ("severity", "=", "warning", True),
        ("source", "~", "ebay.*", True),
        ("source", "~", "*.org", False),
        ("team", "=", "data", True),
        ("city", "=", "", True),
        ("city", "!=", "", False),
    ],
)
def test_a_matcher_looks_at_rule_severity_and_labels(name: str, operator: str, value: str, matches: bool):
    """The instance's and the rule's own; a label that is not there is empty."""
    rule = parse_rule({**CONFIG, "labels": {"team": "data"}})
    one = Instance(rule_id=1, labels=(("job", "7"), ("source", "ebay.com")))
    silence, _ = parse({**SILENCE, "matchers": [{"name": name, "operator": operator, "value": value}]}, NOW_MS)

    assert silence.matches(rule, one) is matches


def test_all_matchers_must_match():
    """One that does not is enough."""
    matchers = [*RULE, {"name": "severity", "value": "critical"}]
    silence, _ = parse({**SILENCE, "matchers": matchers}, NOW_MS)

    assert not silence.matches(parse_rule(CONFIG), Instance(rule_id=1, labels=()))


@pytest.mark.parametrize(
    ("moment", "is_on"),
    [
        ("2026-11-23T20:59", False),  # a Monday; Paris is an hour ahead
        ("2026-11-23T21:00", True),
        ("2026-11-24T04:59", True),
        ("2026-11-24T05:00", False),
        ("2026-11-24T21:30", False),
        ("2026-11-27T22:00", True),
        ("2026-07-20T20:00", True),  # a Monday in summer, two hours ahead
        ("2026-07-20T19:59", False),
    ],
)
def test_a_weekly_silence_goes_by_the_clock_on_the_wall(moment: str, is_on: bool):
    """From the evening of the days named into the next morning, in winter and in summer."""
    silence, _ = parse({"matchers": RULE, "reason": "nights", "from": 0, "weekly": NIGHTS}, NOW_MS)

    assert silence.is_on(at(moment)) is is_on


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": None}, "reason"),
        ({"matchers": []}, "matchers"),
        ({"matchers": [{"name": "rule", "operator": "=~", "value": "x"}]}, "matchers.0.operator"),
        ({"matchers": [{"name": "rule"}]}, "matchers.0.value"),
        ({"to": None}, "to"),
        ({"to": "soon"}, "to"),
        ({"to": NOW_MS}, "to"),
        ({"from": True}, "from"),
        ({"weekly": {**NIGHTS, "days": ["monday"]}}, "weekly.days.0"),
        ({"weekly": {**NIGHTS, "from": "25:00"}}, "weekly.from"),
        ({"weekly": {**NIGHTS, "timezone": "Mars/Base"}}, "weekly.timezone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str):
    """By its field."""
    with pytest.raises(InvalidInput) as refused:
        parse({**SILENCE, **changes}, NOW_MS)

    assert refused.value.field == field


def test_a_silence_keeps_a_rule_quiet_until_it_ends(watch):
    """Nobody is told while it lasts, the incident is there and says why; then it is told, since it still is there."""
    watch.add()
    watch.alerts.silences.create(SILENCE, "ana")

    assert watch.see(queue=20) == []
    (incident,) = watch.store.incidents()
    assert (incident.state, incident.muted) == ("firing", "silence 1: deploying")
    assert watch.lines(incident) == ["opened", "joined", "muted", "suppressed"]
    assert watch.see(HOUR_MS, queue=20) == ["backlog firing"]
    assert watch.store.incidents()[0].muted == ""


def test_what_was_over_in_silence_was_never_told(watch):
    """Neither its beginning nor its end."""
    watch.add()
    watch.alerts.silences.create(SILENCE, "ana")
    watch.see(queue=20)

    assert watch.see(5_000, queue=0) == []


def test_a_silence_may_be_changed_and_ended(watch):
    """Ended, it stays in the list of those that have; ended again, it is forgotten."""
    made = watch.alerts.silences.create(SILENCE, "ana")
    changed = watch.alerts.silences.change(made.id, {**SILENCE, "reason": "still"}, 1)
    with pytest.raises(Conflict):
        watch.alerts.silences.change(made.id, SILENCE, 1)
    assert (changed.version, changed.config["reason"]) == (2, "still")

    watch.alerts.silences.delete(made.id)
    assert watch.alerts.silences.all() == []
    assert [row.id for row in watch.alerts.silences.all(ended=True)] == [made.id]
    watch.alerts.silences.delete(made.id)
    with pytest.raises(NotFound):
        watch.alerts.silences.get(made.id)


def test_a_preview_names_what_it_would_keep_quiet(watch):
    """Of two rules that fire the one that it matches."""
    watch.add()
    watch.add(name="other")
    watch.see(queue=20)

    assert [rule.name for rule, _ in watch.alerts.silences.preview(SILENCE)] == ["backlog"]


def test_an_incidents_own_silence_ends_with_it(watch):
    """The next incident of the rule is told."""
    watch.add(cooldown=0)
    watch.see(queue=20)
    (incident,) = watch.store.incidents()
    watch.alerts.silences.create({"matchers": RULE, "reason": "known", "incident": incident.id}, "ana")
    watch.see(5_000, queue=20)
    assert watch.store.incidents()[0].muted == "silence 1: known"

    watch.see(5_000, queue=0)
    assert watch.see(5_000, queue=20) == ["backlog firing"]


@pytest.mark.parametrize(
    ("fires", "quiet"),
    [((), True), ((("job", "1"),), True), ((("job", "2"),), False), ((("job", "1"), ("status", "5xx")), False)],
    ids=["for all", "for the same job", "for another job", "for more than the job"],
)
def test_a_rule_inhibits_for_equal_labels_or_fewer(fires, quiet):
    """What it fires for must be true of what is to be quiet."""
    scope = [name for name, _ in fires] or "global"
    outage = replace(parse_rule({**CONFIG, "name": "outage", "inhibits": ["backlog"], "scope": scope}), id=1)
    by = inhibitors_of([outage], [Instance(rule_id=1, labels=fires)])

    why = muted(parse_rule(CONFIG), [Instance(rule_id=2, labels=(("job", "1"),))], by, [])

    assert why == ("inhibited by outage" if quiet else "")


def test_a_rule_does_not_inhibit_itself(watch):
    """Nobody would ever hear of it."""
    watch.add(inhibits=["backlog"])
    assert watch.see(queue=20) == ["backlog firing"]


def test_a_rule_is_quiet_while_one_that_inhibits_it_fires(watch):
    """It says by which; when that is over and it still is there, it is told."""
    watch.add(name="outage", condition={"metric": "down", "operator": ">", "threshold": 0}, inhibits=["backlog"])
    watch.add()

    assert watch.see(down=1, queue=20) == ["outage firing"]
    assert {one.rule: one.muted for one in watch.store.incidents()} == {"outage": "", "backlog": "inhibited by outage"}
    assert watch.see(5_000, down=0, queue=20) == ["backlog firing", "outage resolved"]
