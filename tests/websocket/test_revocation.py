"""Whoever may no longer is out within a second: their next page, and the sockets that are open, are closed to them."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from tests.server import Server
from tests.sockets import Refused, Viewer, connected, watching

LONG = "a long password"


class Person:
    """Somebody's browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    def signed_in(self, name: str, password: str) -> "Person":
        """The same, once they have filled in the form."""
        self.send("/login", "/login", username=name, password=password)
        return self

    def page(self, path: str) -> tuple[str, str]:
        """What comes of asking: its address in the end, and its text."""
        with self._opener.open(Request(self.server.address + path, headers={"Accept": "text/html"})) as answer:
            return answer.url, answer.read().decode()

    def send(self, page: str, path: str, **fields: str) -> str:
        """Fill in a form of that page; what comes of it."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page(page)[1])
        assert found
        body = urlencode({"csrf_token": found[1], **fields}).encode()
        with self._opener.open(Request(self.server.address + path, body)) as answer:
            return str(answer.read().decode())

    def is_in(self) -> bool:
        """Whether a page opens."""
        return "/login" not in self.page("/settings/account")[0]

    def cookie(self) -> str:
        """As a header."""
        return "; ".join(f"{one.name}={one.value}" for one in self._jar)

    def socket(self):
        """A page's own socket."""
        headers = {"Cookie": self.cookie(), "Origin": self.server.address}
        return connected(self.server, "", "/live", auth=None, headers=headers)


def is_out(viewer: Viewer) -> bool:
    """Wait until the socket is closed."""
    viewer.wait(lambda: any(name == "disconnect" for name, _ in viewer.heard))
    return True


@pytest.mark.statement(9, 10, 11)
def test_a_session_s_page_and_socket_end_with_it(server, environment):
    """When it is ended alone, its role changes, its user is shut out, or has a new password; other roles go on."""
    admin = Person(server).signed_in("admin", environment["ADMIN_PASSWORD"])
    told = admin.send("/settings/users", "/settings/users", username="ann", role="operator")
    secret = re.search(r"/invitation\?name=ann#([^<]+)</pre>", told)
    assert secret
    guest = Person(server)
    guest.send("/invitation?name=ann", "/invitation", secret=secret[1], password=LONG, again=LONG)
    found = re.search(r"/settings/users/(\d+)/role(?:(?!/role).)*?Role of ann", told, re.DOTALL)
    assert found
    ann = f"/settings/users/{found[1]}"
    changed = {"old": LONG, "new": f"{LONG}er", "again": f"{LONG}er"}

    for end, goes_on in (
        (lambda: guest.send("/settings/account", "/settings/account/sessions/others"), False),
        (lambda: admin.send("/settings/users", f"{ann}/role", role="viewer"), True),
        (lambda: admin.send("/settings/users", f"{ann}/disabled", disabled="true"), False),
        (
            lambda: guest.signed_in("ann", LONG).send("/settings/account", "/settings/account/password", **changed),
            False,
        ),
    ):
        admin.send("/settings/users", f"{ann}/disabled", disabled="false")
        person = Person(server).signed_in("ann", LONG)
        with person.socket() as client:
            viewer = Viewer(client)
            assert viewer.subscribe(room="jobs")["ok"]
            end()
            assert is_out(viewer)
        assert person.is_in() == goes_on


@pytest.mark.statement(9)
def test_a_token_s_socket_ends_with_its_address_ranges(server, environment):
    """When they change, and when it is revoked; from elsewhere it does not connect, and is told no more than that."""
    admin = Person(server).signed_in("admin", environment["ADMIN_PASSWORD"])
    tokens = "/settings/tokens"
    told = admin.send(tokens, tokens, name="desk", scope="read", days="", allowed="127.0.0.0/8 ::1")
    secret, number = re.search(r"(sw_[\w-]{43})</pre>", told), re.search(rf"{tokens}/(\d+)/revoke[^>]+desk", told)
    assert secret
    assert number
    one = f"{tokens}/{number[1]}"

    with watching(server, secret[1]) as viewer:
        admin.send(tokens, f"{one}/allow", allowed="192.0.2.0/24")
        assert is_out(viewer)
    with pytest.raises(Refused) as refusal, watching(server, secret[1]):
        pass
    assert refusal.value.data["code"] == "forbidden"
    assert "192.0.2" not in str(refusal.value.data)
    admin.send(tokens, f"{one}/allow", allowed="")
    with watching(server, secret[1]) as viewer:
        admin.send(tokens, f"{one}/revoke")
        assert is_out(viewer)
