"""A dashboard that is being edited is seen and checked as it would be; nothing of it is stored."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.dashboard.conftest import House
from tests.dashboards.seed import chart, config, panel
from tests.fakes import NOW_MS, event


@pytest.fixture
def hand(house: House) -> FlaskClient:
    """The browser of somebody who may edit dashboards."""
    house.accounts.users.create("olga", "secret", "operator")
    return signed_in(house, "olga")


def signed_in(house: House, name: str) -> FlaskClient:
    """A browser of that user's own."""
    client = house.client.application.test_client()
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert form
    client.post("/login", data={"csrf_token": form[1], "username": name, "password": "secret"})
    return client


def posted(client: FlaskClient, path: str, draft: dict[str, Any]):
    """The answer to a draft that the page's script sends."""
    token = re.search(r'"csrf": "([^"]+)"', client.get("/dashboards").text)
    assert token
    return client.post(path, json=draft, headers={"X-CSRFToken": token[1], "Accept": "application/json"})


def test_panels_of_a_draft_are_shown_and_not_stored(house: House, hand: FlaskClient):
    """Those that are asked for, as they would be; one that can't be shown says why in its own place."""
    made = house.dashboards.create(config(panel("a", "stats")))
    house.send([event("item_scraped", at_ms=NOW_MS - 1_000)])
    draft = config(
        panel("a", "chart", options={"chart": chart("bar", "items")}),
        panel("b", "stats", data={"source": "metrics", "query": "no.such"}),
        panel("c", "log", "events"),
    )
    answer = posted(hand, f"/dashboards/{made.id}/panels?id=a&id=b", draft)
    panels = answer.json["panels"]

    assert answer.status_code == 200
    assert panels.keys() == {"a", "b"}
    assert panels["a"]["chart"]["kind"] == "bar"
    assert "no.such" in panels["b"]["html"]
    assert house.dashboards.get(made.id) == made


def test_a_draft_is_checked_as_it_would_be_when_it_is_saved(house: House, hand: FlaskClient):
    """By the path of the first field that can't be used; the name included, if it is another's."""
    made = house.dashboards.create(config(name="Mine"))
    house.dashboards.create(config(name="Hers"))
    bad = panel("a", data={"source": "metrics", "query": "no.such"})
    drafts = (
        config(bad),
        config(name="Hers"),
        config(name="Overview"),
        config(name=""),
        config(panel("a"), name="New"),
    )
    answers = [posted(hand, f"/dashboards/{made.id}/check", draft) for draft in drafts]

    assert [(one.status_code, (one.get_json(silent=True) or {}).get("field")) for one in answers] == [
        (400, "layout.panels[0].data.query"),
        (409, "name"),
        (409, "name"),
        (400, "name"),
        (204, None),
    ]
    assert house.dashboards.get(made.id) == made


@pytest.mark.parametrize(("which", "status"), [("none", 404), ("overview", 409)])
def test_only_a_dashboard_of_one_s_own_has_a_draft(house: House, hand: FlaskClient, which: str, status: int):
    """One that came along is cloned first."""
    assert posted(hand, f"/dashboards/{which}/check", config()).status_code == status


@pytest.mark.parametrize("what", ["check", "panels?id=a"])
def test_who_only_looks_sends_no_draft(house: House, what: str):
    """It takes the same permission as to change the dashboard."""
    made = house.dashboards.create(config(panel("a")))

    assert posted(house.client, f"/dashboards/{made.id}/{what}", config()).status_code == 403


def test_a_draft_that_is_none_is_told(house: House, hand: FlaskClient):
    """By the field at fault, as a problem."""
    made = house.dashboards.create(config(panel("a")))
    broken = config(panel("a", type="pie"))
    answer = posted(hand, f"/dashboards/{made.id}/panels?id=a", broken)

    assert (answer.status_code, json.loads(answer.text)["field"]) == (400, "layout.panels[0].type")
