"""The page of silences, as it leaves the server and comes back."""

from html import unescape

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import HOSTILE, fire, operator, post
from tests.fakes import NOW_MS

__all__ = ["operator"]

PATH = "/alerts/silences"
FORM: dict[str, str | list[str]] = {
    "matchers": "rule=high_failure_rate\nseverity!=critical",
    "reason": HOSTILE,
    "length": "7200000",
    "act": "save",
}
WEEKLY: dict[str, str | list[str]] = {
    "length": "weekly",
    "days": ["sat", "sun"],
    "from": "22:00",
    "to": "06:00",
    "timezone": "Europe/Paris",
}


def test_a_silence_is_made_and_ended(operator: House):
    """It stands where it is on, then among those that ended; its reason is taken for text."""
    assert "Nothing is silenced." in operator.page(PATH)
    post(operator, PATH, **FORM)
    (row,) = operator.alerts.silences.all()
    assert (row.ended_at, row.created_by) == (NOW_MS + 7_200_000, "olga")
    page = operator.page(PATH)
    assert HOSTILE not in page
    assert f"“{HOSTILE}”, olga" in unescape(page)
    assert f"{PATH}/{row.id}/end" in page
    post(operator, f"{PATH}/{row.id}/end")
    assert operator.alerts.silences.all() == []
    page = operator.page(PATH)
    assert "Nothing is silenced." in page
    assert f"{PATH}/{row.id}/end" not in page


def test_what_it_matches_is_seen_before(operator: House):
    """Of what fires now; nothing is stored."""
    fire(operator)
    page = post(operator, PATH, 200, **{**FORM, "act": "check"})
    assert "<strong>high_failure_rate</strong>" in page
    assert "Nothing that pends" in post(operator, PATH, 200, **{**FORM, "matchers": "source~x*", "act": "check"})
    assert operator.alerts.silences.all() == []


def test_a_weekly_silence_is_by_the_clock_of_its_zone(operator: House):
    """With its days in words."""
    post(operator, PATH, **{**FORM, **WEEKLY})
    (row,) = operator.alerts.silences.all()
    assert row.config["weekly"] == {"days": ["sat", "sun"], "from": "22:00", "to": "06:00", "timezone": "Europe/Paris"}
    assert "Saturday, Sunday 22:00–06:00 Europe/Paris" in operator.page(PATH)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"matchers": ""}, "matchers"),
        ({"matchers": "nonsense"}, "matchers"),
        ({"reason": " "}, "reason"),
        ({"length": "1"}, "length"),
        ({**WEEKLY, "days": []}, "weekly"),
        ({**WEEKLY, "timezone": "Mars"}, "weekly"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(operator: House, more: dict[str, str | list[str]], field: str):
    """With what was written still there, and nothing stored."""
    page = post(operator, PATH, 400, **{**FORM, **more})
    assert f'id="wrong-{field}"' in page
    assert HOSTILE not in page
    assert operator.alerts.silences.all() == []


def test_who_only_reads_sees_silences(house: House):
    """And no form."""
    matcher = {"name": "rule", "operator": "=", "value": "x"}
    house.alerts.silences.create({"matchers": [matcher], "reason": "moving", "to": NOW_MS + 60_000}, "zoe")
    page = house.page(PATH)
    assert "moving" in page
    assert 'action="/alerts/silences' not in page
