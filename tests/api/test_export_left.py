"""Somebody leaves in the midst of an export: it is read no further, and nothing of it is left behind."""

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.exports.tables import PAGE
from app.exports.throttle import AT_ONCE
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import event, new_id, no_fold
from tests.server import Server
from tests.sockets import PATIENCE_S, scraped

PAGES = 12
LETTERS = 2_000
"""Of a row: what the system holds for a reader that does not read is some pages, and far from all."""
CSV = "/export/events.csv?fields=text"


@pytest.fixture
def filled(sqlite_url: str) -> str:
    """A database of twelve pages of events, and a token that may do all."""
    with closing(Database(sqlite_url)) as database:
        accounts = SqlAccountStore(database)
        accounts.sender("one", at_ms=CLOCK.now_ms())
        store = SqlEventStore(database, CLOCK, merge_points)
        for _ in range(PAGES):
            data, at_ms = {"text": "x" * LETTERS}, CLOCK.now_ms()
            store.append([event(id=new_id(), data=data, at_ms=at_ms) for _ in range(PAGE)], no_fold)
        return Accounts(accounts, CLOCK).tokens.create("auditor", "admin")[1]


class Reader:
    """Who exports and reads only as far as they are told to."""

    def __init__(self, server: Server, token: str) -> None:
        self._line = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
        head = f"GET {CSV} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._line.sendall(head.encode())
        self.answer = http.client.HTTPResponse(self._line)
        self.answer.begin()

    def rows(self, most: int) -> int:
        """Read on; how many rows there were."""
        return sum(1 for _ in zip(range(most), self.answer, strict=False))

    def leave(self) -> None:
        """As a browser does whose user has had enough."""
        self.answer.close()
        self._line.close()


class Watched:
    """A server, and what is open in it."""

    def __init__(self, server: Server, environment: Mapping[str, str], auditor: str) -> None:
        self.server, self.environment, self._auditor = server, environment, auditor
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.serving = int(children[0]) if children else pid  # gunicorn's is a child
        self._folder = Path("/proc", str(self.serving))

    def open(self) -> tuple[int, int]:
        """Connections and threads."""
        lines = sum(each.is_socket() for each in (self._folder / "fd").iterdir())
        return lines, len(list((self._folder / "task").iterdir()))

    def ended(self) -> list[Any]:
        """Rows of each export that has ended, and whether it was whole, oldest first."""
        lines = self.server.json("/api/v1/audit?action=export.end", token=self._auditor)["items"]
        return [(line["after"]["rows"], line["after"]["whole"]) for line in reversed(lines)]

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it; says what is open and what has ended where it does not come."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (self.open(), self.ended())
            time.sleep(0.05)


@pytest.fixture
def watched(filled: str, server: Server, environment: dict[str, str]) -> Watched:
    """That database's server, in each mode."""
    return Watched(server, environment, filled)


@pytest.fixture
def reader(watched: Watched) -> Iterator[Callable[[], Reader]]:
    """Begins an export and reads ten rows of it."""
    with ExitStack() as stack:

        def begun() -> Reader:
            made = Reader(watched.server, watched.environment["READ_TOKEN"])
            stack.callback(made.leave)
            assert (made.answer.status, made.rows(10)) == (200, 10)
            return made

        yield begun


@pytest.mark.statement(57, 63)
def test_who_leaves_an_export_leaves_nothing_behind(watched: Watched, reader: Callable[[], Reader]):
    """Pages are read no further, room is made for the next, and neither connection, thread nor failure stays (B93).

    Others, and what comes in, go on meanwhile; and a file that the server's own end cuts off is seen not to be whole.
    """
    server, environment = watched.server, watched.environment
    for turn in (1, 2):
        connections, threads = watched.open()
        held = [reader() for _ in range(AT_ONCE)]
        assert server.request(CSV, token=environment["READ_TOKEN"])[0] == 429
        assert server.json("/api/v1/events", body=scraped(), token=environment["INGEST_TOKEN"])["accepted"] == 1
        for each in held:
            each.leave()
        watched.until(lambda: len(watched.ended()) == turn * AT_ONCE)  # noqa: B023  (asked for within the turn)
    # Of the second turn: the first may have begun some that stay.
    watched.until(lambda: watched.open()[0] < connections + AT_ONCE and watched.open()[1] < threads + AT_ONCE)
    assert all(PAGE <= rows < PAGES * PAGE and not whole for rows, whole in watched.ended())

    status, whole = server.request(CSV, token=environment["READ_TOKEN"])
    assert (status, whole.count(b"\r\n")) == (200, 1 + PAGES * PAGE + 2)
    assert watched.ended()[-1] == (PAGES * PAGE + 2, True)
    log = server.log.read_text()
    assert [line for line in log.splitlines() if "Traceback" in line or "ERROR" in line] == []
    cut = reader()
    os.kill(watched.serving, signal.SIGKILL)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        cut.answer.read()
