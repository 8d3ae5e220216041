"""The dashboards that come along are shown in the page's language and exported as they are."""

import json

import pytest

from app.dashboards.files import SHIPPED
from docs.translations import extracted
from tests.dashboard.conftest import House
from tests.dashboard.test_drafts import posted, signed_in
from tests.dashboard.test_pages import run


@pytest.fixture
def french(house: House) -> House:
    """A house whose browser asks for French."""
    house.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    return house


def test_names_and_titles_are_translated(french: House):
    """In the list, on the page and in what is renewed."""
    french.send(run())
    page = french.page("/dashboards/overview")
    renewed = json.loads(french.page("/dashboards/overview/panels?id=items"))["panels"]["items"]["html"]

    assert "<strong>Aperçu</strong>" in french.page("/dashboards")
    assert "<h1>Aperçu</h1>" in page
    assert ">Erreurs</h2>" in page
    assert 'aria-label="Éléments par seconde, par source"' in renewed


def test_what_is_exported_is_in_no_language(french: House):
    """Nor is what a script clones, nor a dashboard of one's own that says the same."""
    whole = json.loads((SHIPPED / "overview.json").read_text())
    told = json.loads(french.page("/api/v1/dashboards/overview"))
    own = french.dashboards.clone("overview")

    assert {name: value for name, value in told.items() if name != "id"} == whole
    assert own.config == french.dashboards.get("overview").config
    assert ">Errors</h2>" in french.page(f"/dashboards/{own.id}")


def test_what_a_person_clones_is_what_they_saw(french: House):
    """Name, titles and labels; the rest as it stands, and one of one's own as it is written."""
    french.accounts.users.create("olga", "secret", "operator")
    hand = signed_in(french, "olga")
    hand.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    made = posted(hand, "/dashboards/overview/clone", {})

    assert made.status_code == 201, made.text
    own = french.dashboards.get(made.json["id"])
    panels = own.config["layout"]["panels"]
    displays = [panel["options"]["chart"]["display"] for panel in panels if "chart" in panel["options"]]
    assert own.name == "Aperçu"
    assert {"Erreurs", "Dernières tâches"} <= {panel["title"] for panel in panels}
    assert "Éléments par seconde, par source" in {display["title"] for display in displays}
    assert json.loads((SHIPPED / "overview.json").read_text())["layout"]["grid"] == own.config["layout"]["grid"]
    again = posted(hand, f"/dashboards/{own.id}/clone", {}).json
    assert french.dashboards.get(again["id"]).config == own.config


def test_who_only_looks_clones_nothing(house: House):
    """It takes the same permission as to make a dashboard."""
    assert posted(house.client, "/dashboards/overview/clone", {}).status_code == 403


def test_all_their_texts_are_found_for_translation():
    """By the same file of rules as those of pages."""
    found = {message.id for message in extracted()}

    for file in SHIPPED.glob("*.json"):
        config = json.loads(file.read_text())
        assert {config["name"], *(panel["title"] for panel in config["layout"]["panels"])} <= found
    assert {"Dashboards", "Failed requests"} <= found
