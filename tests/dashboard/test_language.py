"""Pages speak the language that was chosen, or that the browser asks for."""

import json

import pytest

from app.dashboard.filters import number
from app.dashboard.language import COOKIE
from tests.dashboard.conftest import House
from tests.dashboard.test_pages import Tags


@pytest.mark.parametrize(
    ("asked", "chosen", "spoken"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.5", "", "fr"),
        ("de", "", "en"),
        ("fr", "en", "en"),
        ("en", "fr", "fr"),
        ("fr", "tlh", "fr"),
    ],
)
def test_a_page_speaks_the_language_wanted(house: House, asked: str, chosen: str, spoken: str):
    """What was chosen wins; then what the browser asks for; English where there is no such language."""
    if chosen:
        house.client.set_cookie(COOKIE, chosen)
    page = house.client.get("/jobs", headers={"Accept-Language": asked}).text

    assert f'<html lang="{spoken}"' in page
    assert {"fr": "<h1>Tâches</h1>", "en": "<h1>Jobs</h1>"}[spoken] in page


def test_french_numbers_and_words_are_french_on_the_server_and_in_scripts(house: House):
    """Thousands stand apart by a narrow space that does not break, also in what scripts are handed."""
    house.client.set_cookie(COOKIE, "fr")
    shell = json.loads(Tags(house.page("/jobs")).blocks["shell"])

    with house.client.application.test_request_context(headers={"Accept-Language": "fr"}):
        assert number(12_345.6, 1) == "12\u202f345,6"
    assert shell["locale"] == "fr"
    assert shell["words"]["live"] == "En direct"
    assert shell["statuses"]["failed"] == "En échec"


def test_a_page_that_is_not_there_says_so_in_the_language_wanted(house: House):
    """Error pages are pages."""
    house.client.set_cookie(COOKIE, "fr")

    assert "Il n’y a rien ici" in house.page("/nowhere", 404)
