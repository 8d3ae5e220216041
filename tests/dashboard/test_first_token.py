"""The page before the first event makes the token that its snippets need."""

import re

from tests.dashboard.conftest import House, enter
from tests.dashboard.test_alert_pages import post


def test_an_admin_makes_a_token_in_its_place(house: House):
    """It stands in the line to copy this once, and may send events and nothing else."""
    enter(house, "ada", "admin")
    assert "SCRAPEWATCH_TOKEN=…" in house.page("/")

    shown = re.search(r"SCRAPEWATCH_TOKEN=([^<\s]{32,})<", post(house, "/first-token", 200))
    assert shown
    made = house.accounts.by_token(shown[1])
    assert made
    assert (made.name, made.may("ingest"), made.may("read")) == ("my-scraper", True, False)
    assert shown[1] not in house.page("/")


def test_others_are_told_who_makes_one(house: House):
    """A viewer has no button, and none that works from afar."""
    assert "/first-token" not in house.page("/")
    post(house, "/first-token", 403)
