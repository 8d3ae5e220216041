"""Users, invitations and one's own account, as pages: what is done there, and by whom."""

import re
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.accounts.credentials import Bearer
from app.core.errors import Unauthorized
from app.storage.base_audit import AuditFilter
from tests.dashboard.conftest import House, enter, sign_in

HERE = "127.0.0.1"
LONG = "a long password"


def csrf_of(client: FlaskClient, path: str) -> str:
    """The token of the page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def send(client: FlaskClient, page: str, path: str, **fields: str):
    """Fill in a form of that page."""
    return client.post(path, data={"csrf_token": csrf_of(client, page), **fields})


def actions(house: House) -> list[str]:
    """What was done, newest first, but for logins."""
    return [line.action for line in house.audit.entries(AuditFilter()) if line.action != "login"]


@pytest.fixture
def admin(house: House) -> House:
    """A house in which an admin is signed in; zoe is a viewer, in a browser of her own."""
    enter(house, "boss", "admin")
    return house


def invited(answer) -> str:
    """The secret of the link that a page shows."""
    found = re.search(r"(http://localhost/invitation\?[^<]+)</pre>", answer.text)
    assert found, answer.text
    return urlsplit(found[1]).fragment


def test_somebody_is_invited_and_chooses_a_password(admin: House):
    """By a link that is shown once and holds once; nothing of it is stored or written down, and they are in at once."""
    answer = send(admin.client, "/settings/users", "/settings/users", username="ann", role="operator")
    secret = invited(answer)
    assert secret not in admin.page("/settings/users")
    assert secret not in str(admin.audit.entries(AuditFilter()))
    guest = admin.client.application.test_client()
    page = "/invitation?name=ann"
    for fields, status, said in (
        ({"secret": secret, "password": "short", "again": "short"}, 400, "at least 8"),
        ({"secret": secret, "password": LONG, "again": "another one"}, 400, "not the same"),
        ({"secret": "guessed", "password": LONG, "again": LONG}, 401, "does not hold"),
    ):
        refused = send(guest, page, "/invitation", **fields)
        assert (refused.status_code, said in refused.text) == (status, True)

    chosen = send(guest, page, "/invitation", secret=secret, password=LONG, again=LONG)

    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/")
    assert guest.get("/settings/account").status_code == 200
    assert admin.accounts.by_password("ann", LONG, HERE).role == "operator"
    assert send(guest, page, "/invitation", secret=secret, password=LONG, again=LONG).status_code == 401
    assert actions(admin)[:3] == ["user.password", "user.invite", "user.create"]


def test_a_user_is_changed_and_shut_out(admin: House):
    """Role, link, sessions and state, each with its line; the last admin stays."""
    zoe = admin.accounts.users.named("zoe")
    one = f"/settings/users/{zoe.id}"
    users = "/settings/users"
    assert send(admin.client, users, f"{one}/role", role="operator").status_code == 303
    assert invited(send(admin.client, users, f"{one}/link"))
    assert send(admin.client, users, f"{one}/withdraw").status_code == 303
    assert send(admin.client, users, f"{one}/withdraw").status_code == 404
    assert admin.accounts.sessions.of(zoe.id)
    assert send(admin.client, users, f"{one}/sessions").status_code == 303
    assert admin.accounts.sessions.of(zoe.id) == []
    assert send(admin.client, users, f"{one}/disabled", disabled="true").status_code == 303
    assert send(admin.client, users, f"{one}/link").status_code == 409
    assert send(admin.client, users, f"{one}/disabled", disabled="false").status_code == 303
    boss = admin.accounts.users.named("boss").id
    for what, fields in (("disabled", {"disabled": "true"}), ("role", {"role": "viewer"})):
        refused = send(admin.client, users, f"/settings/users/{boss}/{what}", **fields)
        assert (refused.status_code, "last admin" in refused.text) == (409, True)
    assert send(admin.client, users, users, username="zoe", role="viewer").status_code == 400
    assert send(admin.client, users, users, username="a:b", role="viewer").status_code == 400
    assert send(admin.client, users, users, username="new", role="root").status_code == 400

    assert admin.accounts.users.named("zoe").role == "operator"
    assert actions(admin)[:6] == [
        "user.enable",
        "user.disable",
        "session.end",
        "user.uninvite",
        "user.invite",
        "user.role",
    ]


def test_one_s_own_password_takes_the_old_one(house: House):
    """All other browsers are signed out, this one stays; a wrong one is told, and guessing is slowed down."""
    other = house.client.application.test_client()
    sign_in(other, "zoe")
    page, form = "/settings/account", "/settings/account/password"
    for fields, status in (
        ({"old": "wrong", "new": LONG, "again": LONG}, 400),
        ({"old": "secret", "new": LONG, "again": "other"}, 400),
        ({"old": "secret", "new": "short", "again": "short"}, 400),
    ):
        assert send(house.client, page, form, **fields).status_code == status
    assert other.get(page).status_code == 200

    changed = send(house.client, page, form, old="secret", new=LONG, again=LONG)

    assert changed.status_code == 303
    assert "signed out everywhere else" in house.client.get(changed.headers["Location"]).text
    assert other.get(page).status_code == 302
    with pytest.raises(Unauthorized):
        house.accounts.by_password("zoe", "secret", HERE)
    for _ in range(9):
        send(house.client, page, form, old="wrong", new=LONG, again=LONG)
    assert send(house.client, page, form, old=LONG, new=LONG, again=LONG).status_code == 429


def test_sessions_are_seen_and_ended_by_their_own_user_alone(admin: House):
    """One by one, or all others at once; somebody else's is none, not even for an admin by this way."""
    zoe = admin.accounts.users.named("zoe")
    browsers = [admin.client.application.test_client() for _ in range(3)]
    for number, browser in enumerate(browsers):
        browser.environ_base["HTTP_USER_AGENT"] = f"browser-{number}"
        sign_in(browser, "zoe")
    page = browsers[0].get("/settings/account").text
    assert all(f"browser-{number}" in page for number in range(3))
    assert page.count("this one") == 1
    first, second, _ = (session.id for session in reversed(admin.accounts.sessions.of(zoe.id)[:3]))

    account = "/settings/account"
    assert send(admin.client, account, f"{account}/sessions/{second}/end").status_code == 404
    assert send(browsers[0], account, f"{account}/sessions/{second}/end").status_code == 303
    assert [browser.get(account).status_code for browser in browsers] == [200, 302, 200]
    assert send(browsers[0], account, f"{account}/sessions/others").status_code == 303
    assert [browser.get(account).status_code for browser in browsers] == [200, 302, 302]
    assert [session.id for session in admin.accounts.sessions.of(zoe.id)] == [first]
    assert actions(admin)[:2] == ["session.end", "session.end"]


def test_logging_out_ends_this_browser_s_session_alone(house: House):
    """A copy of its cookie is worth nothing; another browser goes on."""
    other, copy = (house.client.application.test_client() for _ in range(2))
    sign_in(other, "zoe")
    [cookie] = (house.client._cookies or {}).values()
    copy.set_cookie(cookie.key, cookie.value)
    assert copy.get("/settings/account").status_code == 200

    send(house.client, "/settings/account", "/logout")

    assert copy.get("/settings/account").status_code == 302
    assert other.get("/settings/account").status_code == 200
    assert actions(house)[0] == "logout"


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_users_are_for_admins_alone(house: House, role: str):
    """Others have neither the page nor its tab; a token has no account."""
    enter(house, "eve", role)
    _, token = house.accounts.tokens.create("robot", "admin")
    assert house.accounts.identify(Bearer(token), HERE).may("admin")

    assert house.client.get("/settings/users").status_code == 403
    assert "/settings/users" not in house.page("/settings/account")
    robot = house.client.application.test_client()
    assert robot.get("/settings/account", headers={"Authorization": f"Bearer {token}"}).status_code == 403
