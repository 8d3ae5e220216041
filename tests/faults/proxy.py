"""A TCP proxy that spoils what passes through it, as networks do.

It stands between clients and the server on a thread of its own. Its attributes may be changed at any time from any
thread and hold for every connection; what is set at first lets everything pass.
"""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Final

from tests.faults.frames import Frames
from tests.server import free_port

UP: Final = "up"  # from the client to the server
DOWN: Final = "down"
CHUNK: Final = 16_384


class Proxy:
    """Passes everything from a port of its own to `upstream`; to be used as a context.

    Attributes:
        port: where it listens.
        delay_s: what each piece waits, each way.
        bytes_per_s: how much passes each way, of each connection; 0 is all.
        silent: the ways on which what is sent vanishes while both ends stay open.
        cuts: bytes that the next connections may send, each, before they are cut; one number a connection.
        resets: the share of pieces at which the connection is reset.
        lost_acks: the share of acknowledgements that never arrive.
        answer: what every new connection is told, instead of the server's answer, before it is closed; if empty, it is
            reset at once.
        tries: when clients tried to connect, in seconds of the monotonic clock.
        acks: when the server acknowledged, whether that arrived or not.
    """

    def __init__(self, upstream: int, chance: Random) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.delay_s = 0.0
        self.bytes_per_s = 0
        self.silent: frozenset[str] = frozenset()
        self.cuts: list[int] = []
        self.resets = 0.0
        self.lost_acks = 0.0
        self.answer: bytes | None = None
        self.lost = 0  # acknowledgements that did not arrive
        self.tries: list[float] = []
        self.acks: list[float] = []
        self._upstream = upstream
        self._chance = chance
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Listen again."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def close(self) -> None:
        """Listen no more, as if nobody were there, and reset what is connected."""
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()

    def reset(self) -> None:
        """Reset every connection, both ways."""
        self._loop.call_soon_threadsafe(self._reset_all)

    @contextmanager
    def silenced(self, *ways: str) -> Iterator[None]:
        """Nothing arrives on these ways while both ends stay open; then every connection is reset."""
        self.silent = frozenset(ways)
        yield
        self.reset()
        self.silent = frozenset()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=CHUNK)

    async def _leave(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset_all()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _reset_all(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        self.tries.append(time.monotonic())
        if self.answer is not None:
            await self._turn_away(reader, writer, self.answer)
            return
        cut = self.cuts.pop(0) if self.cuts else None
        try:
            upward, server = await asyncio.open_connection("127.0.0.1", self._upstream, limit=CHUNK)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, server}
        ways = [
            asyncio.ensure_future(self._carry(UP, reader, server, cut)),
            asyncio.ensure_future(self._carry(DOWN, upward, writer, None)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for writing in (writer, server):
            _reset(writing)
        await asyncio.gather(*ways, return_exceptions=True)
        self._open -= {writer, server}

    @staticmethod
    async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        if answer:
            with suppress(OSError):
                await reader.read(CHUNK)
                writer.write(answer)
                await writer.drain()
                writer.close()
                return
        _reset(writer)

    async def _carry(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: int | None
    ) -> None:
        """Until either end is gone, or the connection is to be cut."""
        frames = Frames()
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if way in self.silent:
                    continue
                await asyncio.sleep(self.delay_s + (len(data) / self.bytes_per_s if self.bytes_per_s else 0))
                if self._chance.random() < self.resets:
                    return
                if way == DOWN:
                    data = b"".join(part for part in frames.feed(data) if not self._loses(part))
                if cut is not None:
                    data, cut = data[:cut], cut - len(data)
                writer.write(data)
                await writer.drain()
                if cut is not None and cut <= 0:
                    return

    def _loses(self, part: bytes) -> bool:
        if not Frames.is_ack(part):
            return False
        self.acks.append(time.monotonic())
        lost = self._chance.random() < self.lost_acks
        self.lost += lost
        return lost


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close at once by RST: what was not sent is thrown away, and the other end is told so."""
    raw = writer.transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
