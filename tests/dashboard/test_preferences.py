"""Language, theme, time zone and density are each browser's own, and need no script."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.test_pages import run

HOME = "/settings/preferences"


def chosen(house: House, page: str = HOME, status: int = 303, **values: str) -> Any:
    """The answer to the page's form with these values."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', house.page(page))
    assert token
    answer = house.client.post(HOME, data={"csrf_token": token[1], **values})
    assert answer.status_code == status, answer.text
    return answer


def test_a_choice_holds_on_every_page(house: House):
    """Language, theme and density stand on the page's first element, before any script."""
    chosen(house, language="fr", theme="dark", density="compact", zone="Europe/Paris")

    assert '<html lang="fr" data-theme="dark" data-density="compact">' in house.page("/jobs")
    assert '<html lang="fr" data-theme="dark" data-density="compact">' in house.page("/nowhere", 404)


def test_times_and_their_filters_are_in_the_zone_that_was_chosen(house: House):
    """What is typed without a zone is of the page's, which is named once in its head."""
    house.send(run())
    before = house.page("/events")
    chosen(house, zone="Asia/Tokyo")
    page = house.page("/events?from=2026-11-23T23:00")

    assert "<span data-zone>UTC</span>" in before
    assert "<span data-zone>Tokyo</span>" in page
    assert 'value="2026-11-23T14:00:00Z"' in page
    moments = re.findall(r'datetime="2026-11-23T(\d\d):(\d\d:\d\d)[^>]*>([^<]*)<', page)
    assert moments
    assert all(f"{(int(hour) + 9) % 24:02d}:{rest}" in text for hour, rest, text in moments if ":" in text)


def test_without_a_choice_the_browser_s_zone_counts(house: House):
    """Which its script has told before; a choice wins over it."""
    house.client.set_cookie("browser-zone", "America/New_York")
    assert "<span data-zone>New York</span>" in house.page("/jobs")

    house.client.set_cookie("zone", "Europe/Paris")
    assert "<span data-zone>Paris</span>" in house.page("/jobs")


@pytest.mark.parametrize("name", ["Nowhere/At-all", "../etc/passwd", "/etc/passwd", "Europe", "é", "\x00", "a" * 65])
def test_a_zone_that_there_is_not_is_refused_and_read_as_none(house: House, name: str):
    """The form says so beside the field; a cookie that somebody wrote breaks no page."""
    assert "There is no time zone of that name." in chosen(house, zone=name, status=400).text

    house.client.set_cookie("zone", name)
    assert "<span data-zone>UTC</span>" in house.page("/jobs")


def test_what_is_none_of_those_offered_is_refused(house: House):
    """And nothing is kept of it."""
    assert "Set-Cookie" not in chosen(house, theme="pink", status=400).headers


def test_a_choice_is_taken_back_by_choosing_none(house: House):
    """Then the browser's own counts again."""
    chosen(house, language="fr")
    chosen(house, language="")

    assert '<html lang="en"' in house.page("/jobs")


def test_the_language_is_chosen_before_signing_in_and_leads_back(house: House):
    """The form of the login is there in both; where it leads is kept."""
    stranger = replace(house, client=house.client.application.test_client())
    answer = chosen(stranger, "/login?next=/jobs", language="fr", next="/login?next=/jobs")

    assert answer.headers["Location"] == "/login?next=/jobs"
    assert '<html lang="fr"' in stranger.page("/login")


@pytest.mark.statement(37)
def test_a_choice_leads_to_no_other_site(house: House):
    """Whatever the form was made to say."""
    assert chosen(house, language="fr", next="//evil.example").headers["Location"] == "/"
