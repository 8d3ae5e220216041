"""The way in and out, by the form that browsers get."""

import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from app.accounts.service import Accounts
from app.core.way import RightOfWay
from app.factory import create_app
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from config import Settings
from tests.accounts.door import CHEAP, PoolRuntime, audit_of
from tests.fakes import StoppedClock


@pytest.fixture
def accounts(sqlite_url: str):
    """Accounts with one user."""
    database = Database(sqlite_url, readers=1)
    accounts = Accounts(SqlAccountStore(database), StoppedClock(), CHEAP)
    accounts.users.create("zoe", "secret", "viewer")
    yield accounts
    database.close()


@pytest.fixture
def client(accounts: Accounts, settings: Settings) -> FlaskClient:
    """A browser before an app that has accounts and nothing to show."""
    absent: Any = None
    services: Any = SimpleNamespace(
        settings=replace(settings, public_url="http://localhost"),
        clock=StoppedClock(),
        runtime=PoolRuntime(),
        accounts=accounts,
        audit=audit_of(accounts, StoppedClock()),
        database=absent,
        way=RightOfWay(lambda: 0),
        events=absent,
        series=absent,
        ingest=absent,
        figures=SimpleNamespace(job_rate=absent),
        search=absent,
        reader=absent,
        dashboards=absent,
        alerts=SimpleNamespace(incidents=absent, rules=absent),
        office=absent,
    )
    return create_app(services).test_client()


def token_of(client: FlaskClient) -> str:
    """The CSRF token of the form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert found
    return found[1]


def log_in(client: FlaskClient, password: str = "secret", **fields: str) -> Any:
    """Fill the form in and send it."""
    return client.post(
        "/login", data={"csrf_token": token_of(client), "username": "zoe", "password": password, **fields}
    )


def test_the_right_password_leads_to_the_page_wanted(client: FlaskClient):
    """And the API knows the browser from then on."""
    assert client.get("/api/v1/jobs/x").status_code == 401

    answer = log_in(client, next="/jobs?status=lost")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/jobs?status=lost")
    assert client.delete("/api/v1/jobs/x").status_code == 400, "known, but without a CSRF token"


@pytest.mark.parametrize("target", ["//evil", "https:evil", "/\\evil", "javascript:alert(1)", "/\r\nevil", ""])
@pytest.mark.statement(37)
def test_no_login_leads_to_another_site(client: FlaskClient, target: str):
    """Neither by the form nor by the address."""
    assert log_in(client, next=target).headers["Location"] == "/"
    assert client.get("/login", query_string={"next": target}).headers["Location"] == "/"


def test_a_wrong_password_gets_the_form_again(client: FlaskClient):
    """With the name kept, the target kept and no password; an unknown name looks the same."""
    wrong = log_in(client, "wrong", next="/jobs")
    unknown = log_in(client, "wrong", next="/jobs", username="zoé")

    assert wrong.status_code == unknown.status_code == 401
    assert "That name and password do not match." in unescape(wrong.text)
    assert 'value="zoe"' in wrong.text
    assert 'value="/jobs"' in wrong.text
    csrf = re.compile(r'(name="csrf_token" value=")[^"]+')
    assert csrf.sub(r"\1", unknown.text.replace("zoé", "zoe")) == csrf.sub(r"\1", wrong.text)


def test_guessing_is_told_to_wait(client: FlaskClient):
    """After ten wrong passwords, with the seconds in the header."""
    codes = [log_in(client, f"wrong {number}").status_code for number in range(10)]

    paused = log_in(client)

    assert codes == [401] * 10
    assert paused.status_code == 429
    assert 1 <= int(paused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"csrf_token": ""}, 400),
        ({"csrf_token": "x"}, 400),
        ({"password": "x" * 1_025}, 400),
        ({"password": ""}, 401),
        ({"username": "zoe\0"}, 401),
        ({"username": "' OR 1=1--"}, 401),
    ],
)
def test_odd_forms_let_nobody_in(client: FlaskClient, fields: dict[str, str], status: int):
    """Each is answered by the form with what is wrong."""
    answer = log_in(client, **fields)

    assert answer.status_code == status
    assert 'role="alert"' in answer.text


def test_a_form_from_another_site_is_refused(client: FlaskClient):
    """Though it be filled in rightly."""
    data = {"csrf_token": token_of(client), "username": "zoe", "password": "secret"}

    assert client.post("/login", data=data, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.statement(11)
def test_logging_out_ends_the_session_and_its_copies(client: FlaskClient):
    """A cookie copied before is worth nothing; and it takes a CSRF token."""
    log_in(client)
    name = client.application.config["SESSION_COOKIE_NAME"]
    with client.session_transaction() as session:
        session["csrf_token"] = "known"
    copied = client.get_cookie(name)
    assert copied
    csrf = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token").dumps("known")
    assert client.get("/login").status_code == 302, "already in"
    assert client.post("/logout").status_code == 400, "any site could do it"

    answer = client.post("/logout", data={"csrf_token": csrf})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert client.get("/login").status_code == 200
    client.set_cookie(name, copied.value)
    assert client.get("/login").status_code == 200
    assert client.get("/api/v1/jobs/x").status_code == 401
