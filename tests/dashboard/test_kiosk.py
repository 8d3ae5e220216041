"""A read token becomes a session that looks and does nothing else, for as long as the token lives."""

import re

import pytest
from flask.testing import FlaskClient

from app.accounts.access import authenticate_socket
from app.accounts.credentials import Bearer
from app.accounts.throttle import WRONG_TOKENS
from app.core.errors import Unauthorized
from tests.dashboard.conftest import House

READING = "a reading token of the tests, 32 characters"
OPERATING = "a token that may operate, 32 characters long"


@pytest.fixture
def screen(house: House) -> FlaskClient:
    """A browser that has signed in to nothing, before a house with two tokens."""
    house.accounts.tokens.create("wall", "read", token=READING)
    house.accounts.tokens.create("hand", "operate", token=OPERATING)
    return house.client.application.test_client()


def exchanged(screen: FlaskClient, token: str, **fields: str):
    """The answer to the form with that token."""
    form = re.search(r'name="csrf_token" value="([^"]+)"', screen.get("/kiosk").text)
    assert form
    return screen.post("/kiosk", data={"csrf_token": form[1], "token": token, **fields})


def test_a_read_token_opens_the_wall(screen: FlaskClient):
    """It leads to the page wanted, which is shown from then on by the cookie alone."""
    answer = exchanged(screen, READING, next="/dashboards/overview?wall=1")
    page = screen.get("/dashboards/overview?wall=1")

    assert (answer.status_code, answer.location) == (302, "/dashboards/overview?wall=1")
    assert page.status_code == 200
    assert 'class="is-wall"' in page.text
    assert READING not in page.text


@pytest.mark.statement(15)
def test_who_guesses_tokens_is_told_how_long_to_wait(house: House, screen: FlaskClient):
    """Guesses here count with those by HTTP; the page carries the pause that programs are told."""
    for number in range(WRONG_TOKENS):
        with pytest.raises(Unauthorized):
            house.accounts.identify(Bearer(f"{number}"), "127.0.0.1")
    answer = exchanged(screen, READING)

    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert 0 < int(answer.headers["Retry-After"]) <= 61


def test_it_may_do_nothing_else(screen: FlaskClient):
    """Not even with its own form's token."""
    exchanged(screen, READING)
    form = re.search(r'"csrf": "([^"]+)"', screen.get("/dashboards").text)
    assert form
    answer = screen.delete("/api/v1/dashboards/1", headers={"X-CSRFToken": form[1]})
    home = screen.put("/api/v1/dashboards/overview/home", headers={"X-CSRFToken": form[1]})

    assert (answer.status_code, home.status_code) == (403, 403)


def test_it_sees_dashboards_and_no_other_page(screen: FlaskClient):
    """Its token itself may still read everything; who signs in afterwards is no wall any more."""
    exchanged(screen, READING)
    seen = {
        path: screen.get(path).status_code
        for path in ("/dashboards", "/dashboards/overview", "/", "/jobs", "/api/v1/jobs")
    }
    by_token = screen.get("/api/v1/jobs", headers={"Authorization": f"Bearer {READING}"})
    form = re.search(r'name="csrf_token" value="([^"]+)"', screen.get("/login").text)
    assert form
    screen.post("/login", data={"csrf_token": form[1], "username": "zoe", "password": "secret"})

    assert seen == {"/dashboards": 200, "/dashboards/overview": 200, "/": 403, "/jobs": 403, "/api/v1/jobs": 403}
    assert by_token.status_code == 200
    assert screen.get("/jobs").status_code == 200


def test_its_socket_is_a_wall_s(screen: FlaskClient):
    """By the cookie; by the token itself it is any reader's."""
    exchanged(screen, READING)
    with screen:
        screen.get("/dashboards", headers={"Origin": "http://localhost"})
        by_cookie = authenticate_socket(None, "/live")
    with screen.application.test_request_context("/socket.io/"):
        by_token = authenticate_socket({"token": READING}, "/live")

    assert (by_cookie.name, by_cookie.is_wall) == ("wall", True)
    assert (by_token.name, by_token.is_wall) == ("wall", False)


def test_without_a_page_it_shows_the_list(screen: FlaskClient):
    """The one page that every wall may see."""
    assert exchanged(screen, READING).location == "/dashboards"


@pytest.mark.statement(37)
def test_it_leads_to_no_other_site(screen: FlaskClient):
    """Whatever its address was made to say, or the form."""
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = screen.get("/kiosk", query_string={"next": target}).text
        onward = re.findall(r'name="next" value="([^"]*)"', form)
        assert "/" in onward
        assert [one for one in onward if not re.match(r"/(?![/\\])", one)] == []
        assert exchanged(screen, READING, next=target).location == "/"


def test_it_ends_with_its_token(screen: FlaskClient, house: House):
    """A token that is revoked is a screen that is dark."""
    exchanged(screen, READING)
    wall = next(token for token in house.accounts.tokens.all() if token.name == "wall")
    house.accounts.tokens.revoke(wall.id)

    assert screen.get("/dashboards").status_code == 302


@pytest.mark.parametrize(("token", "status"), [("", 401), ("x" * 40, 401), (OPERATING, 403)])
def test_no_other_token_does(screen: FlaskClient, token: str, status: int):
    """Least of all one that may do more."""
    assert exchanged(screen, token).status_code == status
    assert screen.get("/dashboards").status_code == 302


def test_a_form_from_elsewhere_does_not(screen: FlaskClient):
    """Nobody is made to look by another site."""
    assert screen.post("/kiosk", data={"token": READING}).status_code == 400
    assert screen.get("/dashboards").status_code == 302


def test_a_home_takes_the_place_of_the_overview(house: House):
    """At the root only: the overview keeps its own address."""
    zoe = next(user for user in house.accounts.users.all() if user.username == "zoe")
    house.dashboards.set_home(zoe.id, "workers")

    assert house.client.get("/").location == "/dashboards/workers"
    assert house.client.get("/?range=15m").status_code == 200
    house.dashboards.set_home(zoe.id, None)
    assert house.client.get("/").status_code == 200
