"""What the form of a rule shows, and what it makes of what is written; all that a rule may have goes through it."""

import re
from html import unescape
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.alerts.fields import FIELDS
from app.alerts.rules import parse
from app.alerts.wording import sentence
from app.dashboard import rule_form
from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import operator, post
from tests.dashboard.test_rule_pages import FORM

__all__ = ["operator"]

WHOLE: dict[str, Any] = {
    "name": "all of it", "condition": {"metric": "errors", "operator": ">", "threshold": 1_234_567.25},
    "severity": "error", "channels": ["ops", "crew"], "cooldown": 300_001, "enabled": False, "scope": ["job"],
    "groupBy": "jobId", "window": 90_000, "aggregation": "max", "minSamples": 3, "for": 0, "keepFiringFor": 1_500,
    "resolveThreshold": 0.1 + 0.2, "noData": "alert", "staleAfter": 60_000, "repeatInterval": 7_200_000,
    "maxReminders": 4, "sendResolved": False, "groupWait": 0, "inhibits": ["high_failure_rate", "gone"],
    "labels": {"team": "shops", "odd": "a=b"}, "summary": "Look", "runbookUrl": "https://wiki.test/1",
}  # fmt: skip
"""A rule that has every field."""


def lists(form: "MultiDict[str, str]") -> dict[str, list[str]]:
    """The same, with all that goes by one name."""
    return {name: form.getlist(name) for name in form}


def sent(config: dict[str, Any]) -> "MultiDict[str, str]":
    """What a browser sends of the form of a rule that nobody has touched: long texts with its own line ends."""
    form: MultiDict[str, str] = MultiDict(
        {name: text.replace("\n", "\r\n") for name, text in rule_form.filled(config).items()}
    )
    for name in rule_form.CHOICES:
        for one in sorted(config.get(name, ())):  # as the form has them
            form.add(name, one)
    return form


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"noData": "keep", "sendResolved": True, "enabled": True, "scope": "global", "groupBy": [], "maxReminders": 0},
        {"condition": {"event": "no_item", "after": 61_000, "query": " cards"}, "resolveThreshold": 1},
        {"condition": {"event": "job_missing", "spider": "a", "cron": "0 3 * * *", "timezone": "Europe/Paris"}},
        {"condition": {"event": "job_failed"}, "groupBy": ["job"], "minSamples": 2},
    ],
)
def test_a_form_that_nobody_touched_changes_nothing(more: dict[str, Any]):
    """To the last digit, whatever the rule has, and whatever of it the form does not show."""
    config = {**WHOLE, **more}
    assert rule_form.read(sent(config), config) == config


def test_every_field_of_a_rule_is_in_its_form(operator: House):
    """With what it holds, in sight where it makes the rule what it is."""
    assert WHOLE.keys() == FIELDS.keys()
    made = operator.alerts.rules.create(WHOLE)
    page = unescape(operator.page(f"/alerts/rules/{made.id}"))
    for name in (FIELDS.keys() | rule_form.OF_CONDITION.keys()) - {"condition"}:
        assert f' name="{name}"' in page
    assert 'value="1234567.25"' in page
    assert "team=shops\nodd=a=b</textarea>" in page
    assert "there is no such rule yet" in page
    assert page.count(" open><summary>") == 2

    post(operator, f"/alerts/rules/{made.id}", **lists(sent(WHOLE)), act="save")
    assert operator.alerts.rules.get(made.id).config == WHOLE


def test_what_is_usual_stays_out_of_sight(operator: House):
    """As with the rules that a house begins with."""
    for rule in operator.alerts.list_rules():
        assert " open><summary>" not in operator.page(f"/alerts/rules/{rule.id}")


def test_the_form_writes_what_is_rarely_said(operator: House):
    """As the API would have it; what is left empty is left out."""
    rare = {
        "minSamples": "3", "resolveThreshold": "2,5", "noData": "alert", "staleAfter": "1 min", "groupWait": "0",
        "maxReminders": "2", "sendResolved": "false", "labels": "team = shops\r\n\r\ntier=1",
        "inhibits": "high_failure_rate", "groupBy": "",
    }  # fmt: skip
    post(operator, "/alerts/rules/new", **FORM, **rare)
    (made,) = [rule for rule in operator.alerts.list_rules() if rule.name == "slow shop"]
    assert {name: made.config[name] for name in rare if name in made.config} == {
        "minSamples": 3, "resolveThreshold": 2.5, "noData": "alert", "staleAfter": 60_000, "groupWait": 0,
        "maxReminders": 2, "sendResolved": False, "labels": {"team": "shops", "tier": "1"},
        "inhibits": ["high_failure_rate"],
    }  # fmt: skip
    emptied: dict[str, str | list[str]] = {**dict.fromkeys(rare, ""), "inhibits": []}
    post(operator, f"/alerts/rules/{made.id}", **FORM, **emptied)
    assert not operator.alerts.rules.get(made.id).config.keys() & rare.keys() - {"inhibits"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("labels", "team", "must be lines such as"),
        ("minSamples", "many", "must be a whole number"),
        ("maxReminders", "9" * 5_000, "must be a whole number"),
        ("resolveThreshold", "4", "must not lie beyond the threshold 3"),
        ("staleAfter", "9" * 400 + " d", "must be a span"),
        ("groupBy", "worker", "must be one of the scope"),
    ],
)
def test_what_is_wrong_is_in_sight(operator: House, field: str, value: str, words: str):
    """Its part of the form is open, and the field has the focus."""
    page = unescape(post(operator, "/alerts/rules/new", 400, **{**FORM, field: value}))
    assert re.search(f'name="{field}"[^>]* aria-invalid="true" aria-errormessage="wrong-{field}" autofocus', page)
    assert re.search(f'id="wrong-{field}" role="alert">[^<]*{words}', page)
    assert " open><summary>" in page


def test_what_belongs_to_another_condition_goes_with_it(operator: House):
    """The figures of a metric are none of an event."""
    made = operator.alerts.rules.create(WHOLE)
    form = sent(WHOLE)
    form["on"] = "job_lost"
    post(operator, f"/alerts/rules/{made.id}", **lists(form), act="save")
    changed = operator.alerts.rules.get(made.id).config
    gone = {"scope", "window", "aggregation", "minSamples", "resolveThreshold", "noData", "staleAfter"}
    assert changed.keys() == WHOLE.keys() - gone
    assert changed["condition"] == {"event": "job_lost"}


def test_the_sentence_tells_what_is_not_as_usual():
    """Silence, reminders, the end and whom it keeps quiet."""
    said = sentence(parse(WHOLE))
    assert said.endswith(
        "; it also fires when nothing is heard for 1 min; 4 reminders at most, after 2 h each; its end is not told; "
        "keeps quiet meanwhile: high_failure_rate, gone. Paused."
    )
    for text, more in (
        ("; it is also over when nothing is heard for 1 min;", {"noData": "ok"}),
        ("; no reminder;", {"repeatInterval": 0}),
        ("; 1 reminder at most, after 2 h;", {"maxReminders": 1}),
    ):
        assert text in sentence(parse({**WHOLE, **more}))
