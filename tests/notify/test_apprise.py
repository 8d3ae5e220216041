"""Apprise: the real library, which must not lead into the operator's network."""

import socket
from importlib import import_module
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.notify.channels import TYPES
from app.notify.channels.apprise import SCHEMES
from app.notify.channels.base import Sending
from app.notify.door import Door
from app.notify.message import Message, message
from app.notify.reply import Undelivered
from tests.fakes import StoppedClock
from tests.notify.notices import LINKS, notice
from tests.notify.receivers import Receiver

pytest.importorskip("apprise", reason="Apprise: not installed; the server needs it only where it is wanted")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library's own imports
TYPE = TYPES["apprise"]
DISCORD = "discord://012345678901234567/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnop"


def send(door: Door, told: Message, *recipients: str) -> Any:
    """Send to these addresses."""
    return TYPE.send(Sending(told, {"recipients": list(recipients)}, door, StoppedClock()))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_is_one_that_the_library_knows(scheme: str):
    """And is spoken to at the service's own address, not at one that the operator's network could hold."""
    plugin = import_module("apprise.manager_plugins").NotificationManager()[scheme]

    assert not any("{host}" in template for template in plugin.templates)


@pytest.mark.parametrize(
    "url",
    ["json://127.0.0.1/", "mailto://a:b@c.test", "file:///etc/passwd", "syslog://", "discord", "http://a.test",
     " discord://a/b"],
)  # fmt: skip
def test_other_addresses_are_refused(url: str):
    """When the channel is made."""
    with pytest.raises(InvalidInput) as caught:
        TYPE.check({"recipients": [DISCORD, url]})

    assert caught.value.field == "config.recipients.1"


@pytest.mark.parametrize("joint", [", ", " ", ";", "\n"])
def test_an_address_behind_another_is_none(door: Door, shop: Receiver, monkeypatch, joint: str):
    """The library would take several in one text; nothing goes to the second."""
    monkeypatch.setenv("HTTPS_PROXY", closed())
    inner = shop.url.replace("http:", "json:")

    with pytest.raises(Undelivered):
        send(door, message(notice(), LINKS), f"{DISCORD}{joint}{inner}")

    assert shop.got == []


def test_what_is_not_accepted_is_tried_again(door: Door, monkeypatch):
    """It says which service; who has the message is spared."""
    monkeypatch.setenv("HTTPS_PROXY", closed())
    told = message(notice(), LINKS)
    told.done.add("tgram://done")

    with pytest.raises(Undelivered) as caught:
        send(door, told, "tgram://done", DISCORD)

    assert caught.value.detail == "discord: it was not accepted"
    assert not caught.value.lasting
    assert send(door, told, "tgram://done").text == "Apprise says that every service accepted it."


def test_an_address_that_can_not_be_is_given_up(door: Door):
    """It won't be another one at the next try."""
    with pytest.raises(Undelivered) as caught:
        send(door, message(notice(), LINKS), "discord://")

    assert caught.value.lasting
    assert "can't be used" in caught.value.detail


def closed() -> str:
    """The address of a proxy that nobody runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
