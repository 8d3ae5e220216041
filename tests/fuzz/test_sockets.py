"""Whatever is said over the socket's two transports, the server goes on, and nothing in it fails."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import websocket
from hypothesis import strategies as st

from tests.corpus.envelopes import batches
from tests.corpus.house import ENGINE, QUIET
from tests.fuzz.readers import pieced
from tests.fuzz.running import tried
from tests.server import ASYNC_MODES, Server, running, variables
from tests.sockets import PATIENCE_S, Raw

POLLING = "/socket.io/?EIO=4&transport=polling"
EVENTS = ('["item_scraped",{"jobId":"1"}]', '["events",[]]', '["hello",{}]', '["subscribe",{"room":"jobs"}]', '["x"]')
PACKETS = pieced(
    *"0123456789-/,?[]{}", "/live,", "null", "51-", '"', '{"_placeholder":true,"num":0}', *EVENTS, "probe", "b", "AAEC",
    most=8,
)  # fmt: skip
"""Packets of Engine.IO that are nearly some."""
SENDABLE = st.one_of(
    PACKETS.map(lambda text: f"4{text}"),
    PACKETS,
    st.sampled_from(EVENTS).map(lambda text: f"42{text}"),
    st.tuples(st.integers(0, 10**20), st.sampled_from(EVENTS), PACKETS).map(
        lambda parts: f"42{parts[0]}{parts[1]}{parts[2]}"
    ),
    batches.map(lambda text: f'420["events",{text.decode("utf-8", "replace")}]'),
    st.binary(max_size=20),
)
SAID = st.tuples(st.sampled_from(["", "/live,", "nobody"]), st.lists(SENDABLE, min_size=1, max_size=6))
POLLED = st.tuples(
    pieced("&sid=", "x", "&EIO=3", "&transport=websocket", "&j=1", "&b64=1", "%00"), st.lists(PACKETS, max_size=4)
)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, pytestconfig: pytest.Config
) -> Iterator[Server]:
    """One for all that is said; its log tells of no failure."""
    folder = tmp_path_factory.mktemp("fuzzed")
    copy(sqlite_template, folder / "scrapewatch.db")
    mode = pytestconfig.getoption("--async-mode") or ASYNC_MODES[0]
    with running({**variables(folder), **QUIET, "ASYNC_MODE": mode}, folder / "server.log") as started:
        yield started
        assert started.request("/healthz")[0] == 200
    assert failures(started.log) == []


def failures(log: Path) -> list[Any]:
    """The lines that tell of one; of a session that is none engine.io does, too."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] in {"error", "critical"} and line["logger"] != ENGINE]


@pytest.mark.statement(22, 23)
def test_a_socket_may_say_anything(server: Server, quarter_s: float):
    """As a scraper, as a viewer, and before it has said who it is."""
    tokens = {"": server.environment["INGEST_TOKEN"], "/live,": server.environment["READ_TOKEN"]}

    def say(said: tuple[str, list[str | bytes]]) -> None:
        who, messages = said
        socket = Raw(server)
        try:
            if who in tokens:
                socket.log_in(tokens[who], who)
            with suppress(OSError, websocket.WebSocketException):  # whoever breaks the protocol is cut off
                for message in messages:
                    binary = isinstance(message, bytes)
                    octets = message if isinstance(message, bytes) else message.encode("utf-8", "replace")
                    socket.line.send(octets, websocket.ABNF.OPCODE_BINARY if binary else websocket.ABNF.OPCODE_TEXT)
        finally:
            socket.line.shutdown()
        assert server.request("/healthz")[0] == 200

    tried("say", SAID, say, quarter_s / 2)
    assert failures(server.log) == []


def test_a_request_of_the_polling_transport_may_hold_anything(server: Server, quarter_s: float):
    """Of a session that there is, and of one that there is not."""

    def post(target: str, body: bytes | None = None) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)) as line:
            line.request("GET" if body is None else "POST", target, body)
            answer = line.getresponse()
            return answer.status, answer.read()

    def poll(said: tuple[str, list[str]]) -> None:
        extra, packets = said
        extra = "".join(letter for letter in extra if letter.isascii() and letter.isprintable() and letter != " ")
        sid = json.loads(post(POLLING)[1][1:])["sid"]
        for target in (f"{POLLING}&sid={sid}", f"{POLLING}{extra}"):
            status, body = post(target, "\x1e".join(packets).encode("utf-8", "replace"))
            assert status < 500, (target, body)

    tried("poll", POLLED, poll, quarter_s / 2)
    assert failures(server.log) == []
