"""Requests that no client of ours makes, in each mode: each is answered or cut off, and nobody else notices."""

import gzip
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from scrapewatch.events import MAX_BATCH_EVENTS
from tests.corpus.cases import envelope
from tests.corpus.house import House
from tests.sockets import PATIENCE_S, Raw

POLLING = "/socket.io/?EIO=4&transport=polling"
HALF_HEADS = 100
ROUNDS = 20


@pytest.fixture
def house(house_in_mode: House) -> Iterator[House]:
    """A house that is looked over in the end, as after every case."""
    house_in_mode.begin()
    yield house_in_mode
    house_in_mode.check(rows=0)


def poll(house: House, target: str = "", body: bytes | None = None) -> tuple[int, str]:
    """Status and text of the answer to a request of the polling transport."""
    try:
        with urllib.request.urlopen(house.server.address + POLLING + target, body, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def polling_id(house: House) -> str:
    """The id of a new polling session that has logged in as a scraper."""
    sid = str(json.loads(poll(house)[1][1:])["sid"])
    assert poll(house, f"&sid={sid}", b"40" + json.dumps({"token": house.variables["INGEST_TOKEN"]}).encode())[0] == 200
    assert poll(house, f"&sid={sid}")[1].startswith("40")
    return sid


def heads(house: House, text: bytes) -> bytes:
    """The first line of the answer to raw bytes; nothing when the server hangs up."""
    with socket.create_connection(("127.0.0.1", house.server.port), PATIENCE_S) as line:
        try:
            line.sendall(text)
            return line.recv(4_096).partition(b"\r\n")[0]
        except ConnectionError:
            return b""


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"[]"), gzip.compress(b" " * 50_000_000), b"[]", b"\x1f\x8b"],
    ids=["small", "a bomb", "not packed", "cut short"],
)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_refused(house: House, packed: bytes, encoding: str):
    """415, whatever is in it: nothing is unpacked, so nothing can burst."""
    status, answer = house.post(packed, Content_Encoding=encoding)

    assert (status, answer["code"], answer["field"]) == (415, "invalid", "Content-Encoding")


@pytest.mark.parametrize("octets", [b"\xc0\xaf", b"\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xff\xfe", b"\x00"])
def test_bytes_that_are_no_utf_8_refuse_their_event_alone(house: House, octets: bytes):
    """As the whole event or inside a text of it; the neighbour's letters are none of its business."""
    bad = b'{"type":"item_scraped","jobId":"a' + octets + b'"}'
    status, answer = house.post(b'[5,{"type":"' + octets + b'"},' + bad + b"]")

    assert (status, [rejection["code"] for rejection in answer["rejected"]]) == (207, ["invalid"] * 3)


@pytest.mark.parametrize("size", [512 * 1024 + 1, 1_000_001, 1_100_000])
@pytest.mark.statement(56)
def test_a_body_beyond_the_limit_is_refused(house: House, size: int):
    """413, so that the sender splits it."""
    status, answer = house.post(b'[{"data":"' + b"x" * size + b'"}]')

    assert (status, answer["code"]) == (413, "batch_too_large")


def test_bad_batches_are_answered_each_time(house: House):
    """500 refused events, over and over by either way in, are told one by one; the next good one is stored at once."""
    bad = [envelope({"jobId": '""', "timestamp": "1"})] * MAX_BATCH_EVENTS
    for _ in range(ROUNDS):
        for answer in (house.by_http(bad), house.by_socket(bad)):
            assert len(answer["rejected"]) == MAX_BATCH_EVENTS
            assert answer["flow"]["level"] == "ok"


def test_of_too_many_packets_none_is_taken(house: House):
    """A polling request may carry sixteen: one with more is refused, and its socket closed."""
    sid = polling_id(house)
    event = house.marks("B54").fill(envelope({}))
    packet = f'42["item_scraped",{event}]'

    assert poll(house, f"&sid={sid}", "\x1e".join([packet] * 17).encode())[0] == 400
    assert poll(house, f"&sid={sid}", packet.encode())[0] == 400


@pytest.mark.parametrize("sid", ["", "x", "../../etc", "%00", "0" * 5_000])
def test_a_session_that_is_none_is_refused(house: House, sid: str):
    """By a status of the client's fault, for reading as for writing."""
    assert poll(house, f"&sid={sid}&EIO=3", b'42["item_scraped",{}]')[0] in {400, 414}
    assert poll(house, f"&sid={sid or 'none'}")[0] in {400, 414}


def test_another_s_session_is_no_authority(house: House):
    """Neither the id that Socket.IO shows of a connected client nor the one under it lets anybody speak for it."""
    victim = house.senders["default"]
    for sid in (victim.get_sid(), victim.eio.sid):
        assert poll(house, f"&sid={sid}", b'42["item_scraped",{}]')[0] == 400
        assert poll(house, f"&sid={sid}")[0] == 400


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 65_536 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(1_000)) + b"\r\n",
        b"GET /" + b"x" * 65_536 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"x" * 65_536 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
    ],
    ids=["long header", "many headers", "long address", "no request", "TLS", "length -1", "length x"],
)
def test_a_head_that_is_too_much_is_refused(house: House, head: bytes):
    """By a status of the client's fault, or by hanging up; never a failure of the server's."""
    assert heads(house, head)[8:10] not in {b" 2", b" 5"}


def test_half_a_handshake_holds_up_nobody(house: House):
    """A hundred connections that never finish their request cost the others nothing."""
    head = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webso"
    with ExitStack() as stack:
        for _ in range(HALF_HEADS):
            line = stack.enter_context(closing(socket.create_connection(("127.0.0.1", house.server.port), PATIENCE_S)))
            line.sendall(head)
        house.check(rows=0)
        house.begin()
        Raw(house.server).line.shutdown()
