"""Pages go before the writer of events."""

from typing import Any

import pytest

from tests.dashboard.conftest import House, sign_in
from tests.dashboard.test_alert_pages import post


@pytest.fixture
def taken(house: House, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many had the right of way each time a list of jobs was asked for."""
    way, found = house.way, []
    asked = house.events.jobs

    def jobs(*args: Any, **options: Any) -> Any:
        found.append(way._taken)
        return asked(*args, **options)

    monkeypatch.setattr(house.events, "jobs", jobs)
    return found


def test_a_page_that_is_looked_at_has_the_right_of_way(house: House, taken: list[int]):
    """As long as it is made, also when it fails."""
    house.page("/jobs")
    house.page("/jobs.json?keys=1")
    house.page("/jobs?from=never", 400)

    assert set(taken) == {1}
    assert house.way._taken == 0


def test_what_changes_something_has_not(house: House, taken: list[int]):
    """It may wait for the writer itself."""
    house.accounts.users.create("ann", "secret", "admin")
    house.client = house.client.application.test_client()
    sign_in(house.client, "ann")
    post(house, "/jobs", 200, act="delete", all="yes", query="")

    assert taken[-1] == 0


def test_who_is_not_signed_in_takes_nothing(house: House, monkeypatch: pytest.MonkeyPatch):
    """Or anybody could slow it down."""
    monkeypatch.setattr(house.way, "taken", lambda: pytest.fail("it is taken"))
    assert house.client.application.test_client().get("/jobs").status_code in {302, 303}
    assert house.client.get("/healthz").status_code == 200
