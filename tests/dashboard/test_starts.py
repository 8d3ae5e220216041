"""The rules that a house is offered to begin with, from their list to what is saved."""

import re
from html import unescape

import pytest

from app.alerts.defaults import DEFAULTS
from app.dashboard.starts import STARTS
from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import operator, post
from tests.fakes import event

__all__ = ["operator"]


def path(page: str, name: str) -> str:
    """Where the offer of that name leads."""
    found = re.search(rf'href="([^"]+)" data-start="{name}"', page)
    assert found
    return unescape(found[1])


def values(page: str) -> dict[str, str | list[str]]:
    """What a browser sends of the form as it is."""
    form = page[page.index('id="rule"') :]
    fields: dict[str, str | list[str]] = {}
    for name, value in re.findall(r'<input class="input"[^>]* name="(\w+)" value="([^"]*)"', form):
        fields[name] = unescape(value)
    for name, options in re.findall(r'<select class="select"[^>]* name="(\w+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = unescape(chosen[1]) if chosen else ""
    for name in ("channels", "inhibits"):
        fields[name] = re.findall(rf'name="{name}" value="([^"]*)" checked', form)
    return {**fields, "enabled": "on", "act": "save"}


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)
def test_an_offer_is_a_rule_once_it_is_saved(operator: House, start):
    """With nothing left to be written, told to whom the others tell; then it is offered no more."""
    operator.send([event("job_started", "1", data={"source": "ebay.com", "query": "cards"})])
    offers = operator.page("/alerts/rules")
    assert path(operator.page("/alerts/rules/new"), start.name) == path(offers, start.name)
    page = operator.page(path(offers, start.name))
    assert "aria-invalid" not in page
    assert "data-start" not in page

    post(operator, "/alerts/rules/new", **values(page))
    (made,) = [rule for rule in operator.alerts.list_rules() if rule.name == start.name]
    assert set(made.channels) == {"email", "slack"}
    assert made.scope == (("spider",) if start.name == "job_missing" else ("job",))
    assert f'data-start="{start.name}"' not in operator.page("/alerts/rules")


def test_a_house_has_none_of_them_by_itself(operator: House):
    """It begins with its two rules; what it is offered it may leave."""
    assert {rule.name for rule in operator.alerts.list_rules()} == {rule.name for rule in DEFAULTS}
    assert operator.page("/alerts/rules").count("data-start") == len(STARTS)


def test_a_job_that_goes_silent_keeps_the_others_quiet(operator: House):
    """All rules that tell jobs apart, and no rule of the whole house."""
    for start in STARTS[1:3]:
        post(operator, "/alerts/rules/new", **values(operator.page(path(operator.page("/alerts/rules"), start.name))))
    silent = operator.page(path(operator.page("/alerts/rules"), "telemetry_lost"))
    assert values(silent)["inhibits"] == ["job_failed", "no_items"]


def test_who_may_not_make_rules_is_offered_none(house: House):
    """The list alone."""
    assert "data-start" not in house.page("/alerts/rules")
