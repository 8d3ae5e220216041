"""Who connects a socket."""

import base64
from dataclasses import replace

import flask
import pytest
from flask.testing import FlaskClient

from app.accounts.access import authenticate_socket
from app.accounts.principals import Principal
from app.accounts.service import Accounts
from app.core.errors import Forbidden, Unauthorized, Unavailable
from config import Settings
from tests.accounts.door import basic, guarded, log_in
from tests.fakes import StoppedClock

OWN = {"Origin": "http://localhost"}


def connect(app: flask.Flask, auth: object = None, namespace: str = "/", **headers: str) -> Principal:
    """Who a socket with that payload and those headers belongs to."""
    with app.test_request_context("/socket.io/", headers=headers):
        return authenticate_socket(auth, namespace)


@pytest.fixture
def cookie(client: FlaskClient, people: Accounts, clock: StoppedClock) -> dict[str, str]:
    """The Cookie header of a logged-in browser."""
    log_in(client, people, clock)
    name = client.application.config["SESSION_COOKIE_NAME"]
    found = client.get_cookie(name)
    assert found
    return {"Cookie": f"{name}={found.value}"}


def test_a_token_may_come_along_or_in_the_header(app: flask.Flask, people: Accounts):
    """Both are the sender's."""
    _, token = people.tokens.create("shop", "ingest")

    assert connect(app, {"token": token}).name == "shop"
    assert connect(app, Authorization=f"Bearer {token}").name == "shop"
    assert connect(app, **basic("operator")).name == "operator"


@pytest.mark.parametrize("auth", [None, {}, {"token": None}, "text", [], 5])
def test_without_credentials_nobody_connects(app: flask.Flask, auth: object):
    """Whatever else comes along."""
    with pytest.raises(Unauthorized):
        connect(app, auth)


@pytest.mark.parametrize("token", ["", "unknown", 5, ["x"], {"a": 1}, "\ud800", "x" * 100_000])
def test_a_bad_token_is_nobody(app: flask.Flask, token: object):
    """Even where no credentials are needed: who shows some means them."""
    with pytest.raises(Unauthorized):
        connect(app, {"token": token})


@pytest.mark.parametrize("header", ["Basic ***", "Bearer", "?", f"Basic {base64.b64encode(b'viewer:wrong').decode()}"])
def test_a_bad_header_is_nobody(app: flask.Flask, header: str):
    """Malformed or wrong."""
    with pytest.raises(Unauthorized):
        connect(app, Authorization=header)


def test_guessing_is_throttled(app: flask.Flask):
    """At this door as at the others."""
    for number in range(10):
        with pytest.raises(Unauthorized):
            connect(app, **basic("viewer", f"{number}"))

    with pytest.raises(Unavailable) as pause:
        connect(app, **basic("viewer"))
    assert pause.value.code == "rate_limited"


@pytest.mark.parametrize(("kind", "token_counts", "basic_counts"), [("token", True, False), ("basic", False, True)])
def test_only_the_kinds_of_the_settings_count(
    people: Accounts, plain: Settings, clock: StoppedClock, kind: str, token_counts: bool, basic_counts: bool
):
    """WEBSOCKET_AUTH_TYPE names them."""
    app = guarded(people, replace(plain, websocket_auth_type=(kind,)), clock)
    _, token = people.tokens.create("shop", "ingest")

    def enters(auth: object = None, **headers: str) -> bool:
        try:
            return bool(connect(app, auth, **headers))
        except Unauthorized:
            return False

    assert enters({"token": token}) == enters(Authorization=f"Bearer {token}") == token_counts
    assert enters(**basic("operator")) == basic_counts


def test_our_own_page_connects_by_its_session(app: flask.Flask, cookie: dict[str, str]):
    """On `/live`, with the page's origin, or with the browser's word for it where polling sends none."""
    assert connect(app, namespace="/live", **cookie, **OWN).name == "viewer"
    assert connect(app, namespace="/live", **cookie, **{"Sec-Fetch-Site": "same-origin"}).name == "viewer"


@pytest.mark.statement(18)
def test_a_session_does_not_ingest(app: flask.Flask, cookie: dict[str, str]):
    """On `/` a cookie is nothing."""
    with pytest.raises(Unauthorized):
        connect(app, namespace="/", **cookie, **OWN)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "https://evil"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.statement(18)
def test_another_site_s_page_does_not_connect(app: flask.Flask, cookie: dict[str, str], headers: dict[str, str]):
    """Though the browser sends the cookie along."""
    with pytest.raises(Forbidden):
        connect(app, namespace="/live", **cookie, **headers)


def test_an_ended_session_does_not_connect(app: flask.Flask, people: Accounts, cookie: dict[str, str]):
    """As on pages."""
    people.users.end_sessions(people.users.named("viewer").id)

    with pytest.raises(Unauthorized):
        connect(app, namespace="/live", **cookie, **OWN)


def test_sockets_may_need_no_credentials(people: Accounts, plain: Settings, clock: StoppedClock):
    """WEBSOCKET_AUTH_REQUIRED=false opens sockets, never pages or the API."""
    app = guarded(people, replace(plain, websocket_auth_required=False), clock)

    assert connect(app).permissions == {"read", "ingest"}
    with pytest.raises(Unauthorized):
        connect(app, {"token": "unknown"})
    assert app.test_client().get("/api/read").status_code == 401


def test_a_page_that_pretends_to_be_here_does_not_connect(people: Accounts, plain: Settings, clock: StoppedClock):
    """A name that a stranger points at this machine is none of TRUSTED_HOSTS, though origin and host agree."""
    app = guarded(people, replace(plain, websocket_auth_required=False), clock)
    app.config["TRUSTED_HOSTS"] = ["localhost"]

    assert connect(app).name == "anonymous"
    with pytest.raises(Forbidden), app.test_request_context(base_url="http://evil", headers={"Origin": "http://evil"}):
        authenticate_socket(None, "/")


@pytest.mark.statement(17)
def test_pages_and_sockets_look_at_the_way(app: flask.Flask, client: FlaskClient):
    """The same name and password pass over https."""
    there = {"REMOTE_ADDR": "192.0.2.7"}
    headers = basic("operator")

    assert client.get("/api/read", headers=headers, environ_base=there).status_code == 403
    assert client.get("/api/read", headers=headers, environ_base=there, base_url="https://localhost").status_code == 200
    with app.test_request_context("/socket.io/", headers=headers, environ_base=there), pytest.raises(Forbidden):
        authenticate_socket(None, "/")
