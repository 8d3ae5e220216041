"""The list of rules and their form, as they leave the server and come back."""

import io
import re
from html import unescape

import pytest

from app.dashboard import rule_form
from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import HOSTILE, operator, post, token

__all__ = ["operator"]

FORM = {
    "name": "slow shop",
    "on": "metric",
    "metric": "jobs.active",
    "operator": ">=",
    "threshold": "3",
    "severity": "error",
    "channels": "ops",
    "cooldown": "5 min",
    "for": "1 min 30 s",
    "enabled": "on",
    "act": "save",
}
EVENT = {"name": "x", "on": "job_failed", "severity": "info", "cooldown": "0", "enabled": "on", "act": "save"}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90 s", 90_000),
        ("1 h 30 min", 5_400_000),
        ("0", 0),
        ("2d", 172_800_000),
        ("0,5 min", 30_000),
        ("3\u202fjours", 259_200_000),
    ],
)
def test_a_span_is_read_as_people_write_it(text: str, ms: int):
    """In ms."""
    assert rule_form.length_ms(text, "for") == ms


@pytest.mark.parametrize("text", ["5", "soon", "5 parsecs", "-1 s", "1 h x"])
def test_a_span_that_is_none_is_told_at_its_field(operator: House, text: str):
    """And nothing is stored."""
    page = post(operator, "/alerts/rules/new", 400, **{**FORM, "for": text})
    assert re.search(r'id="wrong-for" role="alert">must be a span such as', page)
    assert "slow shop" not in [rule.name for rule in operator.alerts.list_rules()]


def test_a_rule_is_made_and_changed(operator: House):
    """What the form does not show of it stays."""
    post(operator, "/alerts/rules/new", **FORM)
    (made,) = [rule for rule in operator.alerts.list_rules() if rule.name == "slow shop"]
    assert (made.for_ms, made.channels, made.condition.threshold) == (90_000, ("ops",), 3.0)
    labelled = operator.alerts.rules.change(made.id, {**made.config, "labels": {"team": "a"}, "maxReminders": 3})

    page = operator.page(f"/alerts/rules/{made.id}")
    assert 'value="90 s"' in page
    assert "there is no such channel yet" in page
    post(operator, f"/alerts/rules/{made.id}", **{**FORM, "threshold": "4", "version": str(labelled.version)})
    changed = operator.alerts.rules.get(made.id)
    assert (changed.condition.threshold, changed.max_reminders, changed.labels) == (4.0, 3, {"team": "a"})
    stale = post(operator, f"/alerts/rules/{made.id}", 400, **{**FORM, "version": str(labelled.version)})
    assert "has changed meanwhile" in stale


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("threshold", "much", "must be a number"),
        ("metric", "items{", "items{"),
        ("name", "", "must"),
        ("scope", "nonsense", "must be a label of"),
        ("runbookUrl", "javascript:alert(1)", "must start with http"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(operator: House, field: str, value: str, words: str):
    """With what was written still in the form."""
    page = unescape(post(operator, "/alerts/rules/new", 400, **{**FORM, field: value}))
    assert f'id="wrong-{field}"' in page
    assert words in page
    assert 'value="1 min 30 s"' in page


def test_the_form_says_what_the_rule_would_do(operator: House):
    """In a sentence and by what it would have done in the last day; nothing is stored."""
    page = post(operator, "/alerts/rules/new", 200, **{**FORM, "act": "check"})
    assert "When jobs.active at or above 3, for 90 s: error to ops" in page
    assert "It would not have fired" in page
    assert len(operator.alerts.list_rules()) == 2


def test_what_stands_in_the_way_is_said_while_it_is_written(operator: House):
    """Beside the form, by the field's own name: nothing of the form itself changes under whoever writes."""
    page = unescape(post(operator, "/alerts/rules/new", 200, **{**FORM, "staleAfter": "soon", "act": "check"}))
    told = page[page.index('id="told"') :]
    assert "staleAfter: must be a span such as" in told
    assert "autofocus" not in page[page.index("<main") : page.index("</main>")]


def test_a_rule_begins_with_what_a_link_says(operator: House):
    """As from a chart; hostile text stays text."""
    page = operator.page('/alerts/rules/new?metric=items{source%3D"ebay.com"}&threshold=7&name=' + HOSTILE)
    assert 'value="items{source="ebay.com"}"' in unescape(page)
    assert 'value="7"' in page
    assert HOSTILE not in page
    assert 'id="wrong-threshold"' in operator.page("/alerts/rules/new?metric=items&threshold=")
    assert 'id="wrong-name"' not in operator.page("/alerts/rules/new")


@pytest.mark.parametrize(
    "more",
    [
        {"on": "job_failed", "source": "ebay.com"},
        {"on": "no_item", "after": "30 min"},
        {"on": "job_missing", "spider": "ebay.com: cards", "every": "1 day", "grace": "10 min"},
        {"on": "error_group_new"},
    ],
)
def test_every_kind_of_condition_has_its_form(operator: House, more: dict[str, str]):
    """What it holds comes back as it was."""
    post(operator, "/alerts/rules/new", **{**EVENT, **more})
    (made,) = [rule for rule in operator.alerts.list_rules() if rule.name == "x"]
    assert made.condition.event == more["on"]
    again = rule_form.filled(made.config)
    assert {name: again[name] for name in more} == more
    assert "What it does" in operator.page(f"/alerts/rules/{made.id}")


def test_rules_are_paused_and_deleted(operator: House):
    """From the list and from their page."""
    (rule, *_) = operator.alerts.list_rules()
    post(operator, f"/alerts/rules/{rule.id}/enabled", enabled="false")
    assert not operator.alerts.rules.get(rule.id).enabled
    assert "paused" in operator.page("/alerts/rules")
    post(operator, f"/alerts/rules/{rule.id}/enabled", enabled="true")
    assert operator.alerts.rules.get(rule.id).enabled
    post(operator, f"/alerts/rules/{rule.id}/delete")
    assert rule.id not in [one.id for one in operator.alerts.list_rules()]
    operator.page(f"/alerts/rules/{rule.id}", 404)


def test_a_list_comes_in_and_what_is_wrong_with_one_is_said(operator: House):
    """As a file of the export."""
    exported = operator.client.get("/api/v1/alerts/rules/export").data

    def bring(content: bytes):
        fields = {"csrf_token": token(operator, "/alerts/rules"), "file": (io.BytesIO(content), "rules.json")}
        return operator.client.post("/alerts/rules/import", data=fields, content_type="multipart/form-data")

    assert bring(exported).status_code == 303
    for content, words in ((b"{", "must be JSON"), (b'[{"name": "x"}]', "0.condition")):
        answer = bring(content)
        assert answer.status_code == 400
        assert words in answer.text


def test_who_may_not_change_rules_reads_them(house: House):
    """In a form that can't be sent."""
    (rule, *_) = house.alerts.list_rules()
    page = house.page(f"/alerts/rules/{rule.id}")
    assert '<fieldset class="sheet" disabled>' in page
    assert 'value="save"' not in page
    assert rule.name in house.page("/alerts/rules")
    house.page("/alerts/rules/new", 403)


def test_a_rule_that_is_saved_as_it_was_stays_the_same(operator: House):
    """Also the two that a house begins with, whose channels stand in another order than those of the form."""
    for rule in operator.alerts.list_rules():
        form = rule_form.filled(rule.config)
        post(operator, f"/alerts/rules/{rule.id}", **form, channels=sorted(rule.channels), act="save")
        assert operator.alerts.rules.get(rule.id).config == rule.config
