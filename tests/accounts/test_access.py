"""The guard of pages and API."""

from dataclasses import replace
from itertools import product

import flask
import pytest
from flask.testing import FlaskClient

from app.accounts import links
from app.accounts.access import LOGIN_PATH, mark_of, require
from app.accounts.roles import ROLES, SCOPES
from app.accounts.service import Accounts
from config import Settings
from tests.accounts.door import basic, bearer, guarded, log_in
from tests.fakes import StoppedClock

PERMISSIONS = ("read", "ingest", "operate", "admin")


@pytest.mark.parametrize("path", ["/api/read", "/api/admin", "/page", "/unmarked"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_nothing_answers_without_credentials(client: FlaskClient, path: str, method: str):
    """401 to programs, the way to the login to people; no browser ever pops up a box for Basic."""
    answer = client.open(path, method=method)

    assert answer.status_code == (401 if path.startswith("/api/") else 302)
    assert "WWW-Authenticate" not in answer.headers


def test_programs_are_told_by_a_problem(client: FlaskClient):
    """With the contract's fields."""
    answer = client.get("/api/read")

    assert answer.content_type == "application/problem+json"
    assert answer.json
    assert answer.json.keys() == {"type", "title", "status", "code", "field", "detail"}
    assert (answer.json["status"], answer.json["code"]) == (401, "unauthorized")


def test_people_come_back_to_where_they_wanted(client: FlaskClient):
    """After the login; a form they posted is not sent again."""
    assert client.get("/page/a%3Fb?q=a%20b").headers["Location"] == f"{LOGIN_PATH}?next=%2Fpage%2Fa%253Fb%3Fq%3Da%2520b"
    assert client.post("/page").headers["Location"] == f"{LOGIN_PATH}?next=%2F"


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"Authorization": "Bearer x"}])
def test_who_wants_json_gets_a_problem_from_pages_too(client: FlaskClient, headers: dict[str, str]):
    """A redirect would only look like a success to a program."""
    assert client.get("/page", headers=headers).status_code == 401


def test_public_views_answer_anyone(client: FlaskClient):
    """Even who brings nonsense."""
    assert client.get("/open").status_code == 200
    assert client.get("/open", headers={"Authorization": "Basic ***"}).status_code == 200


def test_a_view_without_a_mark_answers_nobody(client: FlaskClient):
    """Forgetting the mark is safe."""
    assert client.get("/unmarked", headers=basic("admin")).status_code == 403


def test_a_misspelt_permission_is_noticed_at_once():
    """When the module is loaded, not when someone asks."""
    with pytest.raises(ValueError, match="raed"):
        require("raed")


def test_marks_can_be_listed(app: flask.Flask):
    """So that a test can walk over every route."""
    with app.app_context():
        marks = {endpoint: mark_of(endpoint) for endpoint in app.view_functions}

    assert marks["views.read"] == "read"
    assert marks["views.open"] == marks["static"] == "public"
    assert marks["views.signed"] == "signed"
    assert marks["views.unmarked"] is None


@pytest.mark.parametrize(("role", "permission"), list(product(ROLES, PERMISSIONS)))
def test_roles_by_basic(client: FlaskClient, role: str, permission: str):
    """A user may what the role says, to look and to change; anything else is 403."""
    expected = 200 if permission in ROLES[role] else 403

    assert client.get(f"/api/{permission}", headers=basic(role)).status_code == expected
    assert client.post(f"/api/{permission}", headers=basic(role)).status_code == expected


@pytest.mark.parametrize(("scope", "permission"), list(product(SCOPES, PERMISSIONS)))
def test_scopes_by_bearer(client: FlaskClient, people: Accounts, scope: str, permission: str):
    """A token may what its scope says, and needs no CSRF token to change something."""
    _, token = people.tokens.create("shop", scope)
    expected = 200 if permission in SCOPES[scope] else 403

    assert client.get(f"/api/{permission}", headers=bearer(token)).status_code == expected
    assert client.post(f"/api/{permission}", headers=bearer(token)).status_code == expected


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ***", "Basic YWRtaW4=", "Basic em/rOng=", "Basic " + "QUFB" * 30_000, "Bearer", "Digest a=b", "?"],
)
def test_malformed_credentials_are_401(client: FlaskClient, header: str):
    """Not base64, no colon, latin-1, 100 KB, another scheme: never an error of ours."""
    assert client.get("/api/read", headers={"Authorization": header}).status_code == 401


def test_wrong_expired_and_revoked_credentials_are_401(client: FlaskClient, people: Accounts, clock: StoppedClock):
    """And a token in the query is no token."""
    _, expiring = people.tokens.create("shop", "read", expires_at=clock.now_ms() + 1)
    revoked, text = people.tokens.create("shop", "read")
    assert client.get("/api/read", headers=bearer(text)).status_code == 200
    people.tokens.revoke(revoked.id)
    clock.advance(1)

    for headers in (basic("viewer", "wrong"), bearer("unknown"), bearer(expiring), bearer(text)):
        assert client.get("/api/read", headers=headers).status_code == 401
    assert client.get(f"/api/read?token={people.tokens.create('a', 'read')[1]}").status_code == 401


def test_guessing_is_throttled(client: FlaskClient):
    """The eleventh try is told to wait, by HTTP as everywhere."""
    codes = [client.get("/api/read", headers=basic("viewer", f"{n}")).status_code for n in range(11)]

    assert codes == [401] * 10 + [429]
    assert client.get("/api/read", headers=basic("viewer")).status_code == 429
    assert client.get("/open").status_code == 200


@pytest.mark.statement(30)
def test_a_change_by_session_needs_a_csrf_token(client: FlaskClient, people: Accounts, clock: StoppedClock):
    """In the form or in the header; without one 400, and the code says why."""
    csrf = log_in(client, people, clock)

    refused = client.post("/page")
    assert refused.status_code == 400
    assert refused.json
    assert (refused.json["code"], refused.json["field"]) == ("csrf", "csrf_token")
    assert client.post("/page", data={"csrf_token": "wrong"}).status_code == 400
    assert client.post("/api/read", json={}).status_code == 400
    assert client.post("/page", data={"csrf_token": csrf}).status_code == 200
    assert client.post("/api/read", json={}, headers={"X-CSRFToken": csrf}).status_code == 200


def test_another_session_s_csrf_token_is_refused(app: flask.Flask, people: Accounts, clock: StoppedClock):
    """Else an attacker could use their own."""
    mine, theirs = app.test_client(), app.test_client()
    log_in(mine, people, clock)
    csrf = log_in(theirs, people, clock, "operator")

    assert mine.post("/page", headers={"X-CSRFToken": csrf}).status_code == 400


@pytest.mark.parametrize("origin", ["https://evil", "null", "http://localhost:81", "https://localhost", "?", ""])
def test_a_change_from_a_foreign_origin_is_refused(client: FlaskClient, people: Accounts, clock: StoppedClock, origin):
    """Whatever the credentials; looking is free, as the answer can't be read there."""
    csrf = log_in(client, people, clock)

    for headers in ({"X-CSRFToken": csrf}, basic("viewer"), {}):
        answer = client.post("/api/read", headers={**headers, "Origin": origin})
        assert answer.status_code == 403
        assert answer.json
        assert answer.json["code"] == "forbidden"
    assert client.get("/api/read", headers={**basic("viewer"), "Origin": origin}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://localhost", "http://localhost:80", "http://LOCALHOST", "https://watch.example"]
)
def test_a_change_from_our_own_pages_passes(people: Accounts, clock: StoppedClock, plain: Settings, origin: str):
    """By the address asked for, or by the one people use through a proxy."""
    app = guarded(people, replace(plain, public_url="https://watch.example"), clock)

    assert app.test_client().post("/api/read", headers={**basic("viewer"), "Origin": origin}).status_code == 200


def test_a_signed_link_needs_no_login(client: FlaskClient, clock: StoppedClock, plain: Settings):
    """It shows and it acts, until it expires."""
    link = links.signed_path("/signed", clock.now_ms() + 1, plain.secret_key)

    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 200
    clock.advance(1)
    assert client.get(link).status_code == 404


def test_a_bad_signature_is_no_such_page(client: FlaskClient, people: Accounts, clock: StoppedClock, plain: Settings):
    """Whoever asks, so that a stranger learns nothing."""
    other = links.signed_path("/other", clock.now_ms() + 1, plain.secret_key)

    for query in ("", "?expires=x&signature=y", other.removeprefix("/other")):
        assert client.get(f"/signed{query}").status_code == 404
        assert client.get(f"/signed{query}", headers=basic("admin")).status_code == 404


def test_an_unknown_page_is_a_plain_404(client: FlaskClient):
    """With nonsense for credentials too."""
    assert client.get("/nowhere").status_code == 404
    assert client.post("/nowhere", headers={"Authorization": "Basic ***"}).status_code == 404
