"""Sockets that break the protocol, in each mode: theirs is closed or they are let be, and nobody else notices."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tests.corpus.frames import BINARY, CONTINUATION, PING, bomb, frame
from tests.corpus.house import House, call
from tests.sockets import Raw

CLOSED_S = 5
"""A socket that is dropped has two seconds to read what waits for it; then it is cut, within a second."""
MESSAGE = b'42["item_scraped",{"jobId":"%s"}]'
LONG = '42["item_scraped",{"data":"'
TEN_FRAMES = [frame(b"x" * 900_000, BINARY)] * 10

# Each is the frames that are sent, one after the other.
CLOSING = {
    "B11.overlong": [frame(MESSAGE % b"\xc0\xaf")],
    "B11.continuation": [frame(MESSAGE % b"\x80")],
    "B11.surrogate": [frame(MESSAGE % b"\xed\xa0\x80")],
    "B11.beyond_unicode": [frame(MESSAGE % b"\xf5\x80\x80\x80")],
    "B11.cut_off": [frame(MESSAGE % b"\xe2\x82")],
    "B21.too_large": [frame(LONG.encode().ljust(1_000_001, b"x"))],
    "B21.too_large_in_parts": [
        frame(LONG.encode().ljust(600_000, b"x"), last=False),
        frame(b"x" * 600_000, CONTINUATION),
    ],
    "B22.deflate": [bomb(200_000_000)],
    "B50.binary": [frame(b"\x00\x01", BINARY)],
    "B50.base64": [frame(b"bAAEC")],
    "B51.attachments": [frame(b'459999999-["item_scraped",{"_placeholder":true,"num":0}]')],
    "B51.with_frames": [frame(b'4530-["item_scraped",{"_placeholder":true,"num":0}]'), *TEN_FRAMES],
    "B51.other_digits": [frame('4\u06653-["item_scraped",{}]'.encode())],
    "B51.binary_ack": [frame(b'461-1[{"_placeholder":true,"num":0}]'), *TEN_FRAMES],
    "B52.half_a_list": [frame(b"42[")],
    "B52.object": [frame(b"42{}")],
    "B52.no_name": [frame(b"42[]")],
    "B52.empty": [frame(b"")],
    "B52.empty_message": [frame(b"4")],
    "B52.endless_number": [frame(b"42" + b"9" * 5_000 + b'["x"]')],
    "B52.a_thousand_empty": [frame(b"") * 1_000],
    "B52.thousands": [frame(b"42[") * 5_000],
    "B58": [frame(LONG.encode().ljust(10_000_000, b"x"))],
    "a long ping": [frame(b"x" * 200, PING)],
    "an unknown kind": [frame(b"x", 0x3)],
    "no mask": [b"\x81\x012"],
}
HARMLESS = {
    "B11.split_letter": [frame(b'42["x","\xe2', last=False), frame(b'\x82\xac"]', CONTINUATION)],
    "B52.unknown_packet": [frame(b"9")],
    "B52.name_that_is_a_number": [frame(b"42[5]")],
    "B52.unasked_acknowledgement": [frame(b"431[]")],
    "B52.second_connect": [frame(b"40")],
    "B52.foreign_namespace": [frame(b'42/nowhere,["x"]')],
    "B52.own_pongs": [frame(b"3") * 1_000],
    "a thousand pings": [frame(b"x", PING) * 1_000],
}


@pytest.fixture
def raw(house_in_mode: House) -> Iterator[Callable[[], Raw]]:
    """Opens bare sockets that have logged in; the house is looked over in the end, as after every case."""
    house_in_mode.begin()
    opened: list[Raw] = []

    def connect() -> Raw:
        opened.append(Raw(house_in_mode.server))
        opened[-1].log_in(house_in_mode.variables["INGEST_TOKEN"])
        return opened[-1]

    yield connect
    for each in opened:
        each.line.shutdown()
    house_in_mode.check(rows=0)


def send(socket: Raw, frames: list[bytes]) -> None:
    """Send frames, or as many as the server takes before it hangs up."""
    assert socket.line.sock
    try:
        for each in frames:
            socket.line.sock.sendall(each)
    except OSError:
        assert socket.is_closed_within(CLOSED_S)


@pytest.mark.parametrize("case", CLOSING)
@pytest.mark.statement(23)
def test_what_is_no_socket_io_closes_its_socket(house_in_mode: House, raw: Callable[[], Raw], case: str):
    """And no other; what it had sent beside it fills neither memory nor log."""
    before, logged = memory(house_in_mode), house_in_mode.server.log.stat().st_size
    socket = raw()
    send(socket, CLOSING[case])

    assert socket.is_closed_within(CLOSED_S)
    assert memory(house_in_mode) - before < 20_000_000
    assert house_in_mode.server.log.stat().st_size - logged < 2_000


@pytest.mark.parametrize("case", HARMLESS)
def test_what_means_nothing_is_let_be(raw: Callable[[], Raw], case: str):
    """The socket goes on: its next event is answered."""
    socket = raw()
    send(socket, HARMLESS[case])
    socket.line.send('427["nonsense",{}]')

    assert rejection(socket, 7)["code"] == "unknown_type"


@pytest.mark.parametrize("arguments", ['["item_scraped"]', '["item_scraped",1,2,3]', '["events"]', '["events",[],[]]'])
def test_any_number_of_arguments_is_answered(house_in_mode: House, arguments: str):
    """None, or three: the event is refused, not the sender left waiting."""
    house_in_mode.begin()
    answer = call(house_in_mode.senders["default"], arguments)

    assert answer["rejected"][0]["code"] == "invalid" if answer["rejected"] else answer["code"] == "invalid"
    house_in_mode.check(rows=0)


def test_an_event_needs_no_acknowledgement(house_in_mode: House):
    """What is sent without a number is stored, or refused, in silence."""
    house_in_mode.begin()
    marks = house_in_mode.marks("B50.no_callback")
    good = marks.fill('{"type":"item_scraped","jobId":"@job","timestamp":@now}')
    for event in ("5", good, "{}"):
        house_in_mode.senders["default"].eio.send(f'2["item_scraped",{event}]')

    assert [row["jobId"] for row in house_in_mode.check(rows=1)] == [marks.job]


def test_one_id_from_two_sockets_at_once_is_one_event(house_in_mode: House, raw: Callable[[], Raw]):
    """However the two race, one is stored and the other counted as a duplicate."""
    marks = house_in_mode.marks("B36.at_once")
    texts = [
        marks.fill(f'{{"type":"item_scraped","jobId":"{marks.job}","timestamp":@now,"id":"@id{n}"}}') for n in "1234"
    ]
    sockets = [raw(), raw()]
    for socket in sockets:
        socket.line.send(f'420["events",[{",".join(texts)}]]')
    answers = [acknowledgement(socket, 0) for socket in sockets]

    assert sum(answer["accepted"] for answer in answers) == sum(answer["duplicates"] for answer in answers) == 4
    assert len(house_in_mode.check(rows=4)) == 4
    house_in_mode.begin()


def acknowledgement(socket: Raw, number: int) -> dict[str, Any]:
    """The answer to the message of that number."""
    while not (said := str(socket.line.recv())).startswith(f"43{number}["):
        assert said, "closed"
    return dict(json.loads(said.removeprefix(f"43{number}"))[0])


def rejection(socket: Raw, number: int) -> dict[str, Any]:
    """The first rejection in the answer to the message of that number."""
    return dict(acknowledgement(socket, number)["rejected"][0])


def memory(house: House) -> int:
    """Bytes that the server's processes hold."""
    server = psutil.Process(house.server.process.pid)
    return sum(each.memory_info().rss for each in [server, *server.children()])
