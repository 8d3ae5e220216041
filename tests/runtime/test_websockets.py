"""What replaces parts of eventlet's WebSocket."""

import socket
import threading

import eventlet
import pytest
from eventlet.greenio import GreenSocket
from eventlet.websocket import FailedConnectionError, RFC6455WebSocket

from app.runtime.websockets import BoundedMessage, send_framed, send_now
from app.websocket.wire import FramedText, text_frame


@pytest.fixture
def line():
    """A WebSocket of the server's behind a small buffer, and the client's end of it."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
    yield RFC6455WebSocket(GreenSocket(ours), {}), theirs
    ours.close()
    theirs.close()


def read(theirs, size):
    """So many bytes, read by a thread while the loop goes on."""
    found = bytearray()

    def take():
        while len(found) < size and (chunk := theirs.recv(65_536)):
            found.extend(chunk)

    thread = threading.Thread(target=take)
    thread.start()
    with eventlet.Timeout(10):
        while thread.is_alive():
            eventlet.sleep(0.001)
    return bytes(found)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_the_one_that_eventlet_makes(line, size):
    """So the same bytes may go to every reader."""
    text = "é" * (size // 2) + "x" * (size % 2)

    assert text_frame(text.encode()) == line[0]._pack_message(text)


def test_what_the_connection_does_not_take_follows_before_all_else(line):
    """Half a frame is finished by itself; until then nothing else is written now, and what is sent waits."""
    websocket, theirs = line
    first, second = text_frame(b"a" * 500_000), text_frame(b"b" * 10)

    assert send_now(websocket, first)
    assert not send_now(websocket, second)
    text = FramedText("b" * 10)
    text.frame = second
    eventlet.spawn(send_framed, websocket, text)
    assert read(theirs, len(first + second)) == first + second
    assert send_now(websocket, second)


def test_a_connection_that_is_full_or_gone_or_compresses_takes_nothing_now(line):
    """The message is queued, then."""
    websocket, theirs = line
    websocket.extensions = {"permessage-deflate": {}}
    assert not send_now(websocket, b"x")
    websocket.extensions = {}
    theirs.close()
    assert not send_now(websocket, b"x")


@pytest.mark.statement(27)
def test_fragments_are_bounded_together_and_empty_ones_too():
    """However small each is."""
    message = BoundedMessage(1, 1_000)
    with pytest.raises(FailedConnectionError):  # noqa: PT012  (it is one of many that is too much)
        for _ in range(1_001):
            message.push(b"")
