"""Pages that tell of an error: what went wrong, what to do about it, and whether the same may go well later."""

from html import unescape

import pytest

from app.accounts import access
from app.dashboard.errors import SENTENCES, error_page
from tests.dashboard.conftest import House

INSIDE = "users_of_the_inside"
FAILING = ("/jobs", "/api/v1/jobs", "/export/events.csv")
WHY = "status: must be one of running, failed"


def told(house: House, status: int, method: str = "GET", language: str = "en") -> str:
    """The page for that status, of a request for a filtered list."""
    cookie = {"Cookie": f"language={language}"}
    with house.client.application.test_request_context("/jobs?q=a", method=method, headers=cookie):
        return unescape(error_page(status, WHY).get_data(as_text=True))


def titles(house: House, language: str) -> dict[int, str]:
    """What the pages of that language are called, by status."""
    with house.client.application.test_request_context(headers={"Cookie": f"language={language}"}):
        return {status: str(title) for status, (title, _) in SENTENCES.items()}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("status", SENTENCES)
def test_each_error_has_its_own_words(house: House, status: int, language: str):
    """In the page's language, with the way back."""
    page = told(house, status, language=language)
    named = titles(house, language)

    assert f"{status}</p>" in page
    assert [code for code, title in named.items() if title in page] == [status]
    assert (named == titles(house, "en")) == (language == "en")
    assert 'class="button" href="/"' in page


@pytest.mark.parametrize("status", SENTENCES)
def test_what_may_pass_can_be_tried_again(house: House, status: int):
    """Where the store does not answer, the page looks again by itself; what somebody sent is never sent twice."""
    page = told(house, status)

    assert ('href="/jobs?q=a"' in page) == (status in {429, 500, 503})
    assert ('http-equiv="refresh"' in page) == (status == 503)
    assert "refresh" not in told(house, status, method="POST")
    assert 'href="/jobs?q=a"' not in told(house, status, method="POST")


@pytest.mark.parametrize("path", ["/jobs?q=what?", "/jobs"])
def test_what_is_tried_again_is_what_was_asked_for(house: House, path: str):
    """To the last sign, and with no question mark that nobody wrote."""
    with house.client.application.test_request_context(path):
        assert f'href="{path}">' in error_page(503).get_data(as_text=True)


@pytest.mark.parametrize(("status", "is_told"), [(400, True), (409, True), (404, False), (500, False)])
@pytest.mark.statement(38)
def test_what_is_wrong_with_an_input_is_told(house: House, status: int, is_told: bool):
    """Nothing is told of the inside of the server."""
    assert (WHY in told(house, status)) == is_told


@pytest.mark.statement(29, 36, 38)
def test_a_failure_tells_nothing_of_the_inside(house: House, monkeypatch: pytest.MonkeyPatch):
    """Neither to people nor to programs, of a page, of the API or of an export; and nobody can ask for a debugger."""
    app = house.client.application

    def fails(**_arguments: object) -> str:
        raise RuntimeError(INSIDE)

    addresses = app.url_map.bind("localhost")
    for address in FAILING:
        monkeypatch.setitem(app.view_functions, addresses.match(address)[0], access.public(fails))
    for address in FAILING:
        for accepted in ("text/html", "application/json"):
            answer = house.client.get(address, headers={"Accept": accepted})
            assert answer.status_code == 500
            assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == (
                "nosniff",
                "no-store",
            )
            assert not [word for word in (INSIDE, "RuntimeError", "Traceback", ".py") if word in answer.text]
    assert not app.debug
    for question in ("/console", "/login?__debugger__=yes&cmd=resource&f=debugger.js"):
        assert "debugger" not in house.client.get(question).text.replace("__debugger__", "")


@pytest.mark.statement(56)
def test_a_form_that_is_too_large_is_told_so(house: House):
    """Not as an address that can't be used."""
    answer = house.client.post("/settings/preferences", data={"zone": "x" * 2_000_000}, headers={"Accept": "text/html"})

    assert answer.status_code == 413
    assert "too much at once" in answer.text
