"""The way out: where it leads, how long it takes, how much comes in."""

import re
import socket
import ssl
import threading
import time
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest

from app.core.clock import CLOCK
from app.notify.addresses import is_public
from app.notify.door import MAX_BODY, Door
from app.notify.reply import Undelivered
from app.runtime.base import Net
from tests.certificates import Authority, authority
from tests.fakes import NOW_MS, StoppedClock
from tests.notify import receivers
from tests.notify.receivers import Receiver, receiver, rough

PATIENCE_S = 10


def refused(door: Door, url: str) -> Undelivered:
    """The failure of a POST to `url`."""
    with pytest.raises(Undelivered) as caught:
        door.post(url, b"{}", {})
    return caught.value


def test_a_message_arrives_as_it_was_sent(door: Door, shop: Receiver):
    """With its headers, the address's query, and the user of the address as Basic credentials."""
    address = shop.url.replace("//", "//us%20er:p%40ss@") + "?a=1"

    reply = door.post(address, b'{"a": 1}', {"Content-Type": "application/json"})

    (got,) = shop.got
    assert (reply.status, reply.text) == (200, "ok")
    assert (got.path, got.body, got.headers["Content-Type"]) == ("/hook?a=1", b'{"a": 1}', "application/json")
    assert got.headers["Host"] == shop.url.split("/")[2]
    assert got.headers["Authorization"] == "Basic dXMgZXI6cEBzcw=="


def test_names_of_any_language_fit_into_a_request(door: Door, shop: Receiver):
    """In its address and in its headers, percent-encoded; what is ASCII stays as it is."""
    door.post(f"{shop.url}/équipe?q=дежурные&a=%20", b"{}", {"Idempotency-Key": "7.firing.1.Дежурные 100%"})

    (got,) = shop.got
    assert unquote(got.path) == "/hook/équipe?q=дежурные&a= "
    assert got.path.endswith("&a=%20")
    assert unquote(got.headers["Idempotency-Key"]) == "7.firing.1.Дежурные 100%"


@pytest.mark.parametrize(
    ("status", "lasting", "locked"),
    [(500, False, False), (503, False, False), (429, False, False), (408, False, False), (302, False, False),
     (400, True, False), (413, True, False), (401, True, True), (403, True, True), (404, True, True),
     (410, True, True)],
)  # fmt: skip
def test_an_answer_says_whether_to_try_again(door: Door, shop: Receiver, status: int, lasting: bool, locked: bool):
    """Not after a refusal of the message, and not before the channel is mended after a refusal of the channel."""
    shop.answer = (status, {}, b"no")

    failure = refused(door, shop.url)

    assert (failure.status, failure.lasting, failure.locked, failure.uncertain) == (status, lasting, locked, False)
    assert failure.detail.endswith("no")


@pytest.mark.statement(51)
def test_a_redirect_is_not_followed(door: Door, shop: Receiver):
    """Wherever it leads."""
    with receiver() as inner:
        shop.answer = (307, {"Location": inner.url}, b"")

        assert "redirect" in refused(door, shop.url).detail
        assert inner.got == []


@pytest.mark.parametrize(
    ("header", "ms"),
    [("7", 7_000), ("Mon, 23 Nov 2026 14:32:38 GMT", 30_000), ("Mon, 23 Nov 2020 14:32:38 GMT", 0), ("soon", 0)],
)
def test_a_receiver_may_say_when_to_come_again(shop: Receiver, header: str, ms: int):
    """In seconds or as a date."""
    door = Door(Net(socket, ssl), StoppedClock(NOW_MS), allow_private=True)
    shop.answer = (429, {"Retry-After": header}, b"")

    assert refused(door, shop.url).retry_after_ms == ms


@pytest.mark.parametrize("behave", [receivers.hang, receivers.drip])
@pytest.mark.statement(52)
def test_who_takes_too_long_is_cut_off(hasty: Door, behave: Any):
    """Even if bytes keep coming; and the message may have arrived."""
    with rough(behave) as url:
        began = time.monotonic()
        failure = refused(hasty, url)

    assert time.monotonic() - began < PATIENCE_S
    assert failure.detail == "No answer within 1.5 s."
    assert (failure.uncertain, failure.lasting) == (True, False)


def test_a_body_that_drips_changes_nothing_about_the_answer(hasty: Door):
    """The status was there: the message is accepted."""
    with rough(receivers.drip_body) as url:
        assert hasty.post(url, b"{}", {}).status == 200


@pytest.mark.statement(52)
def test_a_gigabyte_is_not_read(door: Door):
    """Only its beginning is."""
    with rough(receivers.flood) as url:
        reply = door.post(url, b"{}", {})

    assert (reply.status, len(reply.text)) == (200, MAX_BODY)


@pytest.mark.statement(52)
def test_no_proxy_of_the_environment_is_used(door: Door, shop: Receiver, monkeypatch: pytest.MonkeyPatch):
    """Whatever the variables say that other programs go by; there every message could be read."""
    with receiver() as proxy:
        for scheme, case in product(("http", "https", "all"), (str.lower, str.upper)):
            monkeypatch.setenv(case(f"{scheme}_proxy"), proxy.url)
            monkeypatch.delenv(case("no_proxy"), raising=False)
        assert door.post(shop.url, b"{}", {}).status == 200

    assert [len(each.got) for each in (shop, proxy)] == [1, 0]


@pytest.mark.parametrize("behave", [receivers.vanish, receivers.babble])
def test_who_hangs_up_or_speaks_otherwise_may_have_got_it(door: Door, behave: Any):
    """So it is tried again, and the end will be told."""
    with rough(behave) as url:
        failure = refused(door, url)

    assert failure.detail.startswith("The connection failed")
    assert (failure.uncertain, failure.lasting) == (True, False)


def test_a_closed_port_got_nothing(door: Door):
    """It is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    failure = refused(door, f"http://127.0.0.1:{port}/")

    assert "can't be reached" in failure.detail
    assert (failure.uncertain, failure.lasting, failure.status) == (False, False, None)


@pytest.mark.statement(53)
def test_a_certificate_must_be_the_names_own(door: Door, trusted: Authority):
    """By a trusted authority, in time, for that very host."""
    with receiver(trusted.context("127.0.0.1")) as known:
        assert door.post(known.url, b"{}", {}).status == 200
    for context in (trusted.context("elsewhere.test"), trusted.context("127.0.0.1", days=-3)):
        with receiver(context) as known:
            failure = refused(door, known.url)
        assert failure.detail.startswith("Its certificate does not hold")
        assert (failure.uncertain, known.got) == (False, [])


def test_an_authority_nobody_knows_is_refused(door: Door, tmp_path):
    """Whatever it signed."""
    stranger = authority(tmp_path)
    with receiver(stranger.context("127.0.0.1")) as known:
        assert "certificate" in refused(door, known.url).detail


def test_tls_that_is_none_is_a_failure(door: Door, hasty: Door, shop: Receiver):
    """A plain server at a TLS address, and one that says nothing in the handshake."""
    assert "failed" in refused(door, shop.url.replace("http:", "https:")).detail
    with rough(receivers.hang) as url:
        assert "No answer" in refused(hasty, url.replace("http:", "https:")).detail


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "10.0.0.1",
     "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1", "224.0.0.1",
     "[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]"],
)  # fmt: skip
@pytest.mark.statement(51)
def test_private_addresses_are_out_of_reach(host: str):
    """In whatever way they are written."""
    door = Door(Net(socket, ssl), CLOCK, allow_private=False)

    failure = refused(door, f"http://{host}/")

    with pytest.raises(Undelivered, match=re.escape(failure.detail)):
        door.check(host.strip("[]"))
    Door(Net(socket, ssl), CLOCK, allow_private=True).check(host.strip("[]"))
    assert "not public" in failure.detail
    assert "NOTIFY_ALLOW_PRIVATE" in failure.detail


def test_what_is_not_known_now_is_let_be():
    """A name that nobody knows yet; one whose addresses are all public."""
    net: Any = Net(Resolver(["93.184.216.34"], ["93.184.216.34", "10.0.0.1"]), ssl)  # type: ignore[arg-type]
    door = Door(net, CLOCK, allow_private=False)

    door.check("shop.test")
    with pytest.raises(Undelivered, match=r"10\.0\.0\.1"):
        door.check("shop.test")
    Door(Net(socket, ssl), CLOCK, allow_private=False).check("nowhere.invalid")


@pytest.mark.parametrize(
    ("address", "public"),
    [("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("2002:7f00:1::", False),
     ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("64:ff9b::5db8:d822", True), ("::", False),
     ("::7f00:1", False), ("fe80::1%eth0", False), ("255.255.255.255", False), ("198.18.0.1", False), ("no", False)],
)  # fmt: skip
def test_an_address_is_public_if_the_one_inside_is(address: str, public: bool):
    """Mapped, translated and tunnelled ones too."""
    assert is_public(address) is public


class Resolver:
    """The socket module with a resolver that says what it likes."""

    AF_INET = socket.AF_INET

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = threading.Event()

    def getaddrinfo(self, host: str, port: int, **how: Any) -> list[Any]:
        self.asked.wait(0)
        found = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def __getattr__(self, name: str) -> Any:
        return getattr(socket, name)


def test_one_private_address_among_public_ones_is_enough(shop: Receiver):
    """The name is refused before a connection is made."""
    net: Any = Net(Resolver(["93.184.216.34", "127.0.0.1"]), ssl)  # type: ignore[arg-type]
    door = Door(net, CLOCK, allow_private=False)

    assert "not public" in refused(door, "http://shop.test/").detail


@pytest.mark.statement(51)
def test_a_name_is_asked_for_once(shop: Receiver):
    """The connection goes to the address that was checked, under the name's own Host."""
    resolver = Resolver(["127.0.0.1"])
    net: Any = Net(resolver, ssl)  # type: ignore[arg-type]
    port = shop.url.split(":")[2].split("/")[0]

    assert Door(net, CLOCK, allow_private=True).post(f"http://shop.test:{port}/x", b"", {}).status == 200

    assert resolver.answers == []
    assert shop.got[0].headers["Host"] == f"shop.test:{port}"


def test_a_resolver_that_hangs_does_not_hold_the_message():
    """It is left behind."""

    class Hanging(Resolver):
        def getaddrinfo(self, host: str, port: int, **how: Any) -> list[Any]:
            threading.Event().wait(PATIENCE_S * 2)
            return []

    net: Any = Net(Hanging(), ssl)  # type: ignore[arg-type]
    began = time.monotonic()

    assert "not resolved in time" in refused(Door(net, CLOCK, allow_private=True, deadline_ms=100), "http://a/").detail
    assert time.monotonic() - began < PATIENCE_S
