"""The sessions of pages: what they let in, and how they end."""

from dataclasses import replace
from http.cookies import SimpleCookie

import flask
import pytest
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from app.accounts import sessions
from app.accounts.actors import NOWHERE
from app.accounts.service import Accounts
from config import Settings
from tests.accounts.door import bearer, guarded, log_in
from tests.fakes import StoppedClock


def test_a_session_lets_in(client: FlaskClient, people: Accounts, clock: StoppedClock):
    """With the rights of its user."""
    log_in(client, people, clock)

    assert client.get("/page").json == {"name": "viewer"}
    assert client.get("/api/admin").status_code == 403
    assert client.get("/page", headers=bearer("unknown")).status_code == 401, "a header is judged by itself"


@pytest.mark.parametrize("end", ["password", "logout", "disabled"])
@pytest.mark.statement(9, 11)
def test_a_session_ends_from_elsewhere(client: FlaskClient, people: Accounts, clock: StoppedClock, end: str):
    """A new password, a logout or being disabled: a copied cookie is worth nothing."""
    log_in(client, people, clock)
    user = people.users.named("viewer")

    {
        "password": lambda: people.users.set_password(user.id, "new"),
        "logout": lambda: people.sessions.end(user.id, people.sessions.of(user.id)[0].id),
        "disabled": lambda: people.users.disable(user.id),
    }[end]()

    assert client.get("/page").status_code == 302
    assert client.get("/api/read").status_code == 401


@pytest.mark.statement(12)
def test_a_session_idles_out(client: FlaskClient, people: Accounts, clock: StoppedClock):
    """Twelve hours after its last use; each use begins them anew."""
    log_in(client, people, clock)
    for _ in range(3):
        clock.advance(sessions.IDLE_MS - 1)
        assert client.get("/page").status_code == 200

    clock.advance(sessions.IDLE_MS)

    assert client.get("/page").status_code == 302


@pytest.mark.statement(12)
def test_a_session_ends_after_seven_days(client: FlaskClient, people: Accounts, clock: StoppedClock):
    """However busy it is."""
    log_in(client, people, clock)
    for _ in range(28):
        assert client.get("/page").status_code == 200
        clock.advance(sessions.ABSOLUTE_MS // 28)

    assert client.get("/page").status_code == 302


def test_a_forged_session_is_nobody(app: flask.Flask, people: Accounts, clock: StoppedClock, plain: Settings):
    """Signed with another secret, or touched."""
    stranger = guarded(people, replace(plain, secret_key="another secret key of 32 bytes...."), clock)
    forger = stranger.test_client()
    log_in(forger, people, clock, "admin")
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = forger.get_cookie(name)
    assert cookie
    victim = app.test_client()
    victim.set_cookie(name, cookie.value)

    assert forger.get("/page").status_code == 200
    assert victim.get("/page").status_code == 302


@pytest.mark.statement(13)
def test_the_cookie_is_for_our_pages_alone(app: flask.Flask, people: Accounts, clock: StoppedClock, plain: Settings):
    """No script reads it, no other site sends it; with https, by PUBLIC_URL or the request, nothing else carries it."""
    secure = guarded(people, replace(plain, public_url="https://localhost"), clock)
    for application in (app, secure):

        @application.get("/begin", endpoint="begin")
        def begin():
            entered = people.begin(people.users.named("viewer").id, NOWHERE)
            sessions.begin(entered.principal, clock.now_ms(), entered.key)
            return ""

        vars(begin)["access"] = "public"
    for application, address, name, is_secure in (
        (app, "http://localhost", "scrapewatch-5000", False),
        (app, "https://localhost", "__Host-scrapewatch", True),
        (secure, "http://localhost", "__Host-scrapewatch", True),
    ):
        answer = application.test_client().get("/begin", base_url=address)
        [(found, morsel)] = SimpleCookie(answer.headers["Set-Cookie"]).items()

        assert (found, bool(morsel["secure"])) == (name, is_secure)
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert (morsel["path"], morsel["domain"]) == ("/", "")


@pytest.mark.statement(14)
def test_a_login_keeps_nothing_of_the_session_before(app: flask.Flask, people: Accounts, clock: StoppedClock):
    """Whatever somebody planted in the browser is gone."""
    with app.test_request_context():
        flask.session["planted"] = "by a stranger"
        planted = str(generate_csrf())
        entered = people.begin(people.users.named("viewer").id, NOWHERE)
        sessions.begin(entered.principal, clock.now_ms(), entered.key)

        assert "planted" not in flask.session
        assert planted
        assert "csrf_token" not in flask.session
