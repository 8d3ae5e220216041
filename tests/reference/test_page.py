"""The page of the documents."""

import re
from typing import Any

import pytest

from scrapewatch.events import EVENTS
from tests.reference.conftest import ADDRESS, House

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def pages(house: House) -> dict[str, str]:
    headers = {**PAGE, "Authorization": f"Bearer {house.process.services.settings.read_token}"}
    answers = {
        path: house.client.get(path, base_url=ADDRESS, headers=headers) for path in ("/api/docs", "/api/docs/shapes")
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.text for path, answer in answers.items()}


def test_they_show_all_that_the_documents_tell(pages: dict[str, str], openapi: Any, asyncapi: Any):
    """Each operation, shape, type and message of the socket has its place, and every link on them leads to one."""
    places = {path: set(re.findall(r' id="([^"]+)"', page)) for path, page in pages.items()}
    operations = [one for methods in openapi["paths"].values() for one in methods.values()]
    shown, shapes = pages["/api/docs"], places["/api/docs/shapes"]
    assert {one["operationId"] for one in operations} <= places["/api/docs"]
    assert {f"type-{name}" for name in EVENTS} <= shapes
    named = {*openapi["components"]["schemas"], *asyncapi["components"]["schemas"]}
    assert {f"shape-{name}" for name in named if not name.startswith(("Envelope.", "Data."))} <= shapes
    messages = (one for told in asyncapi["channels"].values() for one in told["messages"].values())
    assert all(any(f">{one['name']}<" in page for page in pages.values()) for one in messages)
    assert shown.count("curl ") >= len(operations)
    for here, page in pages.items():
        for path, place in re.findall(r'href="(/api/docs(?:/shapes)?)?#([^"]+)"', page):
            assert place in places[path or here], f"{here}: {path}#{place}"


def test_people_who_are_not_signed_in_are_led_to_the_login(house: House):
    """It is a page: somebody's browser is sent to the login, and comes back."""
    answer = house.client.get("/api/docs", base_url=ADDRESS, headers=PAGE)
    assert (answer.status_code, answer.location) == (302, "/login?next=%2Fapi%2Fdocs")
