"""Why a search can't be read is said in the page's language."""

import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from app.dashboard.language import COOKIE
from tests.dashboard.conftest import House

WRONG = (
    '"open',
    "a " * 21,
    "statsu:failed",
    "source:",
    '""',
    "status:odd",
    "source:a*,b",
    "age:soon",
    "errors:many",
    "from:yesterday",
    "from:99999999999999999",
    "from:2026-02-31T00:00:00Z",
)


def said(house: House, search: str) -> str:
    """The reason that the list of jobs gives."""
    page = house.page(f"/jobs?q={quote(search)}", 400)
    found = re.search(r'id="wrong".*?<br>[^:]*:\s([^<]*?)\. (?:The list|La liste)', page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("search", WRONG)
def test_each_reason_is_translated(house: House, search: str):
    """The English sentence stays as the API says it, and a French page has another."""
    english = said(house, search)
    assert english in json.loads(house.client.get(f"/api/v1/jobs?q={quote(search)}").text)["detail"]
    house.client.set_cookie(COOKIE, "fr")

    assert said(house, search) != english


def test_what_differs_in_a_reason_stands_in_its_translation(house: House):
    """The key that was typed, and those that there are."""
    house.client.set_cookie(COOKIE, "fr")

    assert said(house, "statsu:failed").startswith("la clé statsu n’existe pas, les clés sont age, attempt, ")
