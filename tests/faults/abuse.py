"""Somebody who wants the server down: guesses passwords, connects in thousands, drips, overfills, smuggles, at once.

``python -m tests.faults.abuse --port 5000 --logins 1000 --connections 10000 --drips 1000 --heads 500 --smuggled 420``
ends with a line of JSON: for each way what came of it, and how often. Addresses are many: told as a proxy in front
tells them, so that the server is to have TRUSTED_PROXIES=1, or those of the loopback network itself.
"""

import argparse
import asyncio
import base64
import json
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from urllib.parse import urlencode

from tests.smuggled import HIDDEN, TWO_READINGS, refused

AT_ONCE = 64
GUESSES = 20
"""Logins at a time: a few more than may wait for their turn."""
PATIENCE_S = 60
DRIP_S = 1.0
FAILING = 100
"""Attempts that come from each address of those that connect: more than may fail."""
HEADS = (
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"x" * 65_536 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(1_000)) + b"\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 8_000) for n in range(90)),
    b"GET /" + b"x" * 65_536 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"x" * 1_000_000,
)
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n"
)
Attempt = Callable[[int], Awaitable[str]]


class Line:
    """A connection from a loopback address of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def rest(self) -> bytes:
        """All that is answered until the server hangs up."""
        heard = b""
        with suppress(ConnectionError):
            while more := await self.reader.read(65_536):
                heard += more
        return heard

    async def say(self, message: str) -> None:
        """Send a WebSocket text, masked by zeros."""
        text = message.encode()
        self.writer.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
        await self.writer.drain()

    async def hear(self) -> str:
        """The next WebSocket message."""
        _, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2))
        return (await self.reader.readexactly(size)).decode(errors="replace")


class Abuse:
    """All that is done to the server at a port of the loopback address."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._form = ("", "")

    async def open(self, number: int) -> Line:
        """A connection from one of sixteen million addresses."""
        host = f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255 or 1}"
        return Line(*await asyncio.open_connection("127.0.0.1", self._port, local_addr=(host, 0)))

    async def ask(self, number: int, head: str, body: str = "") -> bytes:
        """The answer to a request told by a proxy to come from an address of its own, by https."""
        host = f"10.0.{number >> 8 & 255}.{number & 255}" if number % 4 else "192.0.2.1"  # and one that insists
        told = f"Host: 127.0.0.1\r\nX-Forwarded-For: {host}\r\n"
        rest = f"X-Forwarded-Proto: https\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        async with await self.open(1) as line:
            line.writer.write((head + told + rest).encode())
            return await line.rest()

    async def log_in(self, number: int) -> str:
        """A wrong password, by the form and by HTTP Basic in turn: the status."""
        if number % 2:
            basic = base64.b64encode(f"admin:wrong {number}".encode()).decode()
            return _status(await self.ask(number, f"GET /api/v1/jobs HTTP/1.1\r\nAuthorization: Basic {basic}\r\n"))
        cookie, token = self._form
        body = urlencode({"username": "admin", "password": f"wrong {number}", "csrf_token": token})
        form = f"POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nCookie: {cookie}\r\n"
        return _status(await self.ask(number, form, body))

    async def prepare(self) -> None:
        """The form of the login, with its cookie."""
        page = (await self.ask(0, "GET /login HTTP/1.1\r\n")).decode()
        cookie = re.search(r"^set-cookie: (__Host-[^;]+)", page, re.IGNORECASE | re.MULTILINE)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert cookie, page
        assert token, page
        self._form = cookie[1], token[1]

    async def connect(self, number: int) -> str:
        """A socket with a wrong token: the code of its refusal, or the status of the answer."""
        async with await self.open(number // FAILING + 2) as line:
            line.writer.write(UPGRADE % base64.b64encode(os.urandom(16)))
            head = await line.reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                return _status(head)
            await line.hear()
            await line.say('40{"token":"wrong"}')
            code = re.search(r'"code":"(\w+)"', said := await line.hear())
            return code[1] if code else said[:40]

    async def drip(self, number: int) -> str:
        """A head that never ends, a byte a second."""
        async with await self.open(number + 2) as line:
            line.writer.write(HALF_A_HEAD)
            ended = asyncio.ensure_future(line.rest())
            while not ended.done():
                line.writer.write(b"x")
                await asyncio.wait([ended], timeout=DRIP_S)
            return _status(await ended)

    async def overfill(self, number: int) -> str:
        """A head that is too much."""
        async with await self.open(number + 2) as line:
            line.writer.write(HEADS[number % len(HEADS)])
            return _status(await line.rest())

    async def smuggle(self, number: int) -> str:
        """A request with another behind it."""
        async with await self.open(number + 2) as line:
            sent = list(TWO_READINGS.values())[number % len(TWO_READINGS)]
            line.writer.write(sent + HIDDEN)
            heard = await line.rest()
            found = [int(each) for each in re.findall(rb"HTTP/1\.\d (\d+) ", heard)]
            return "refused" if refused(found, closed=True) else str(found)


async def outcomes(attempt: Attempt, times: int, at_once: int) -> Counter[str]:
    """What came of so many attempts, so many of them at a time."""
    numbers = iter(range(times))
    found = Counter[str]()

    async def work() -> None:
        for number in numbers:
            try:
                found[await asyncio.wait_for(attempt(number), PATIENCE_S)] += 1
            except TimeoutError:
                found["no answer"] += 1
            except (OSError, EOFError):
                found["closed"] += 1

    await asyncio.gather(*(work() for _ in range(at_once)))
    return found


async def main(options: argparse.Namespace) -> None:
    """All ways at once."""
    abuse = Abuse(options.port)
    await abuse.prepare()
    ways: dict[str, tuple[Attempt, int, int]] = {
        "logins": (abuse.log_in, options.logins, GUESSES),
        "connections": (abuse.connect, options.connections, AT_ONCE),
        "drips": (abuse.drip, options.drips, options.drips),
        "heads": (abuse.overfill, options.heads, AT_ONCE),
        "smuggled": (abuse.smuggle, options.smuggled, AT_ONCE),
    }
    found = await asyncio.gather(*(outcomes(*way) for way in ways.values()))
    print(json.dumps(dict(zip(ways, found, strict=True))))


def _status(answer: bytes) -> str:
    """Of the first answer; "closed" if there is none."""
    status = re.match(rb"HTTP/1\.\d (\d+)", answer)
    return status[1].decode() if status else "closed"


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("port", "logins", "connections", "drips", "heads", "smuggled"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    asyncio.run(main(_options()))
