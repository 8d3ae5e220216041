"""The connections under the sockets, without a server."""

from typing import Any

import engineio
import pytest
from engineio.socket import Socket

from app.core.clock import CLOCK
from app.websocket.lines import Lines, LineSocket


class Closing(LineSocket):
    """One whose client goes at the very moment at which it is asked whether it is there."""

    def send(self, pkt):
        self.closed = True
        super().send(pkt)


@pytest.fixture
def eio() -> Any:
    """An engine that nobody connects to."""
    return engineio.Server(async_mode="threading", ping_interval=0)


@pytest.fixture
def lines(eio, runtime) -> Lines:
    """Its connections."""
    return Lines(eio, runtime, CLOCK, lambda eio_sid, address: True)


def opened(eio, lines, eio_sid):
    """A socket as engine.io makes it, taken on."""
    eio.sockets[eio_sid] = Socket(eio, eio_sid)
    lines.take_on(eio_sid)
    eio.sockets[eio_sid].schedule_ping()
    return eio.sockets[eio_sid]


def test_who_goes_while_it_is_asked_holds_up_nobody(eio, lines):
    """Those who come after it in the same look are asked, too."""
    going, staying = (opened(eio, lines, eio_sid) for eio_sid in "ab")
    going.__class__ = Closing
    lines.ping()

    assert going.closed
    assert [packet.encode() for packet in staying.queue.queue] == ["2"]


def test_other_servers_of_the_process_keep_their_own_sockets(eio, lines):
    """Only what is taken on is ours."""
    opened(eio, lines, "a")

    assert type(Socket(engineio.Server(async_mode="threading"), "b")) is Socket
