"""Where a browser's socket may come from, by the handshake and by long polling."""

import urllib.error
import urllib.request

import pytest
import websocket

from tests.server import Server
from tests.sockets import PATIENCE_S

FOREIGN = ("https://evil.example", "null", "*", "http://127.0.0.1:1", "http://127.0.0.1.evil.example")


@pytest.mark.statement(18, 19)
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_refused_before_anything_is_said(lasting: Server, origin: str):
    """By either transport; and no answer says that any origin may read it."""
    place = f"127.0.0.1:{lasting.port}/socket.io/?EIO=4&transport="
    with pytest.raises(websocket.WebSocketBadStatusException, match="400"):
        websocket.create_connection(f"ws://{place}websocket", timeout=PATIENCE_S, origin=origin)
    request = urllib.request.Request(f"http://{place}polling", headers={"Origin": origin})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE_S)

    with refused.value as answer:
        assert (answer.code, answer.headers["Access-Control-Allow-Origin"]) == (400, None)


@pytest.mark.statement(19)
def test_our_own_origin_is_named(lasting: Server):
    """Never by a wildcard."""
    request = urllib.request.Request(f"{lasting.address}/socket.io/?EIO=4&transport=polling")
    request.add_header("Origin", lasting.address)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == lasting.address
