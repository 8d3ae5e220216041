"""Every address of the server: who gets in, who is told what, and the headers of the answer."""

import re
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from werkzeug.test import Client

from app.accounts.access import PUBLIC, mark_of
from app.factory import WebProcess, create_app
from app.runtime import open_runtime
from tests.sockets import scraped

OPEN = {"/login", "/kiosk", "/invitation", "/settings/preferences", "/healthz", "/readyz", "/static/<path:name>"}
SIGNED = "/notices/"
"""Pages that their link alone opens."""


@pytest.fixture
def process(settings, sqlite_url):
    """A process that was opened, to look at its routes."""
    opened = WebProcess(settings, open_runtime("threading"))
    served = opened.open()
    yield opened
    served.closing()


@pytest.fixture
def flask_app(process):
    return create_app(process.services)


@pytest.mark.statement(1)
def test_every_route_is_marked_and_only_the_listed_ones_are_open(flask_app):
    """Login, a wall screen's too, preferences, health and static files; the rest takes a permission."""
    with flask_app.app_context():
        marks = {str(rule): mark_of(rule.endpoint) for rule in flask_app.url_map.iter_rules()}

    assert None not in marks.values()
    assert {rule for rule, mark in marks.items() if mark == PUBLIC} == OPEN


@pytest.mark.statement(1)
def test_no_route_answers_without_credentials(flask_app):
    """Pages lead to the login, programs are told 401 and never asked for Basic; an unsigned link leads nowhere."""
    client = Client(flask_app)
    for rule in flask_app.url_map.iter_rules():
        if str(rule) in OPEN:
            continue
        target = re.sub(r"<(?:int|number).*?>", "1", str(rule).replace("<path:job_id>", "x").replace("<kind>", "csv"))
        target = re.sub(r"<any\W*(\w+).*?>", r"\1", target)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = client.open(target, method=method, base_url="http://127.0.0.1:5000")
            allowed = {404} if target.startswith(SIGNED) else {302, 401}
            assert answer.status_code in allowed, (method, target, answer.status)
            assert "WWW-Authenticate" not in answer.headers
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/login")


def test_who_has_lost_their_access_is_looked_for_at_once(process):
    """Not only when accounts are looked at again, each second: here nobody does, as the process does not serve."""
    accounts, expulsion = process.services.accounts, process._sockets.expulsion
    made, _ = accounts.tokens.create("passing", "read")
    assert expulsion.revision == 0

    accounts.tokens.revoke(made.id)
    assert expulsion.revision == accounts.revision() > 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:5001"])
@pytest.mark.statement(30)
def test_a_change_with_a_foreign_origin_is_refused_whatever_the_credentials(scraper, origin):
    """Also with a good token."""
    answer = scraper.open("/api/v1/events", method="POST", json=scraped(), headers={"Origin": origin})

    assert answer.status_code == 403


@pytest.fixture
def behind_proxy(settings, sqlite_url):
    """A client whose requests come through one trusted proxy; PUBLIC_URL is not set."""
    process = WebProcess(replace(settings, trusted_proxies=1, trusted_hosts=()), open_runtime("threading"))
    served = process.open()
    yield Client(served.app)
    served.closing()


@pytest.mark.statement(13)
def test_the_cookie_is_bound_to_https_behind_a_proxy_that_speaks_it(behind_proxy):
    """The proxy says how people come; without its word the cookie is the plain one."""

    def cookie(scheme):
        answer = behind_proxy.get("/login", headers={"Host": "watch.example", "X-Forwarded-Proto": scheme})
        [(name, morsel)] = SimpleCookie(answer.headers["Set-Cookie"]).items()
        return name, bool(morsel["secure"])

    assert cookie("https") == ("__Host-scrapewatch", True)
    assert cookie("http") == ("scrapewatch-5000", False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "watch.example", "Origin": "https://watch.example"}, 200),
        ({"Host": "watch.example", "Origin": "https://evil.example"}, 403),
        ({"Host": "watch.example", "Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}, 403),
    ],
)
@pytest.mark.statement(39)
def test_a_proxy_tells_our_own_origin_by_host_alone(behind_proxy, environment, headers, status):
    """X-Forwarded-Host may be anyone's: routers that do not set it pass it on."""
    sent = {**headers, "X-Forwarded-Proto": "https", "Authorization": f"Bearer {environment['INGEST_TOKEN']}"}

    assert behind_proxy.post("/api/v1/events", json=scraped(), headers=sent).status_code == status


@pytest.mark.statement(39)
def test_a_token_is_bound_to_addresses_as_the_proxy_tells_them(settings, sqlite_url):
    """By the last that a proxy wrote; what a client wrote before is nothing, nor anything where none is trusted."""
    texts = [("192.0.2.7", 200, 403), ("10.0.0.1", 403, 403), ("192.0.2.7, 10.0.0.1", 403, 403)]
    found = []
    for hops in (1, 0):
        process = WebProcess(replace(settings, trusted_proxies=hops), open_runtime("threading"))
        served = process.open()
        _, token = process.services.accounts.tokens.create("bound", "read", allowed=["192.0.2.0/24"])
        for told, *_ in texts:
            sent = {"X-Forwarded-For": told, "Authorization": f"Bearer {token}"}
            found.append(Client(served.app).get("/api/v1/jobs", base_url="http://127.0.0.1:5000", headers=sent))
        served.closing()

    statuses = [answer.status_code for answer in found]
    assert statuses == [one[1] for one in texts] + [one[2] for one in texts]
    assert found[1].get_json()["code"] == "forbidden"
    assert "192.0.2" not in found[1].text


@pytest.mark.statement(8)
def test_scopes_stand_alone(reader, scraper):
    """A reading token does not ingest, an ingest token does not read."""
    assert reader.post("/api/v1/events", scraped()).status_code == 403
    assert scraper.get("/api/v1/jobs").status_code == 403


@pytest.mark.statement(39)
def test_another_host_name_is_refused(reader):
    """TRUSTED_HOSTS guards against DNS rebinding."""
    assert reader.get("/api/v1/jobs", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("target", ["/login", "/api/v1/jobs", "/nothing", "/healthz", "/export/events.csv"])
@pytest.mark.statement(29, 36)
def test_every_answer_carries_the_safe_headers(reader, target):
    """Errors, exports and pages alike; private answers are not kept."""
    headers = reader.get(target).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    if headers["Content-Type"].startswith("text/html"):
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.statement(62)
def test_health_says_nothing_but_that(anyone):
    """No version, no counts."""
    assert (anyone.get("/healthz").text, anyone.get("/readyz").text) == ("ok\n", "ok\n")


def test_a_wrong_method_is_a_problem(reader):
    """405 for programs in their own form."""
    answer = reader.open("/api/v1/jobs", method="PUT")

    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
