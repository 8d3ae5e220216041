"""A session of many requests: each of them must come from where its token is taken from, on the real server."""

import json
import shutil
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import websocket

from tests.accounts.door import basic
from tests.server import Server, running, variables
from tests.sockets import PATIENCE_S, scraped

WITHIN, ALSO, OUTSIDE = "192.0.2.7", "192.0.2.8", "198.51.100.9"


@pytest.fixture(scope="module")
def server(async_mode, sqlite_template, tmp_path_factory):
    """One behind a proxy that tells addresses."""
    folder = tmp_path_factory.mktemp("ranges")
    shutil.copy(sqlite_template, folder / "scrapewatch.db")
    with running({**variables(folder), "ASYNC_MODE": async_mode, "TRUSTED_PROXIES": "1"}, folder / "log") as started:
        yield started


@pytest.fixture(scope="module")
def token(server) -> str:
    """Of a sender that is bound to a network."""
    made = json.dumps({"name": "desk", "scope": "operate", "allowedAddresses": ["192.0.2.0/24"]}).encode()
    headers = {**basic("admin", server.environment["ADMIN_PASSWORD"]), "Content-Type": "application/json"}
    with urlopen(Request(f"{server.address}/api/v1/tokens", made, headers), timeout=PATIENCE_S) as answer:
        return str(json.load(answer)["token"])


class Session:
    """A polling session, as whoever has its id goes on with it from an address."""

    def __init__(self, server: Server, address: str) -> None:
        self._server = server
        self._query = "EIO=4&transport=polling"
        self._query += f"&sid={json.loads(self.ask(address)[1:])['sid']}"

    def ask(self, address: str, packets: str | None = None) -> str:
        """What comes of a request, a GET unless it has packets; raises for what is refused."""
        body = packets.encode() if packets else None
        asked = Request(f"{self._server.address}/socket.io/?{self._query}", body, {"X-Forwarded-For": address})
        with urlopen(asked, timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def status(self, address: str, packets: str | None = None) -> int:
        """That of what is refused."""
        try:
            self.ask(address, packets)
        except HTTPError as refusal:
            with refusal:
                return refusal.code
        return 200

    def upgraded(self, address: str) -> websocket.WebSocket:
        """Its WebSocket; raises where that is refused."""
        query = self._query.replace("polling", "websocket")
        target = f"ws://127.0.0.1:{self._server.port}/socket.io/?{query}"
        told = {"X-Forwarded-For": address}
        line = websocket.create_connection(target, timeout=PATIENCE_S, suppress_origin=True, header=told)
        line.send("2probe")
        assert line.recv() == "3probe"
        line.send("5")
        return line


def entered(server: Server, token: str) -> Session:
    """A session of which the server knows whose it is."""
    session = Session(server, WITHIN)
    session.ask(WITHIN, f"40{json.dumps({'token': token})}")
    assert session.ask(WITHIN).startswith("40")
    return session


def said(job_id: str) -> str:
    """An event's packet."""
    return f"42{json.dumps(['item_scraped', scraped(job_id)])}"


@pytest.mark.statement(9)
def test_a_session_is_gone_on_with_from_its_token_s_addresses_alone(server: Server, token: str):
    """Neither heard, nor spoken for, nor taken over to a WebSocket from elsewhere; it ends where that is tried."""
    for asks in (None, said("overheard")):
        session = entered(server, token)
        assert session.status(OUTSIDE, asks) == 400
        assert session.status(WITHIN, said("late")) == 400
    session = entered(server, token)
    with pytest.raises(websocket.WebSocketBadStatusException):
        session.upgraded(OUTSIDE)

    session = entered(server, token)
    session.ask(ALSO, said("moved"))
    line = session.upgraded(ALSO)
    line.send(said("upgraded").replace("42", "427", 1))
    while not (answer := str(line.recv())).startswith("43"):
        assert answer
    assert answer.startswith('437[{"ok":true')
    line.close()
    jobs = server.json("/api/v1/jobs", token=server.environment["READ_TOKEN"])["items"]
    assert {job["id"] for job in jobs} == {"moved", "upgraded"}


@pytest.mark.statement(9)
def test_who_says_whose_it_is_must_come_from_there(server: Server, token: str):
    """Wherever the session began."""
    session = Session(server, WITHIN)
    session.ask(OUTSIDE, f"40{json.dumps({'token': token})}\x1e{said('smuggled')}")
    assert '"code":"forbidden"' in session.ask(OUTSIDE)
    assert server.request("/api/v1/jobs/smuggled", token=server.environment["READ_TOKEN"])[0] == 404

    session = Session(server, OUTSIDE)
    session.ask(WITHIN, f"40{json.dumps({'token': token})}")
    assert session.ask(WITHIN).startswith("40{")
