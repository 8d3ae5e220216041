"""Events end to end: batches over a WebSocket, several unacknowledged at a time, as the client package sends them.

Speaks Socket.IO by hand over a plain WebSocket: the messages are made beforehand, so that on a machine with few cores
the sender takes next to nothing from the server. An acknowledgement comes after the commit.
"""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Final

from websocket import WebSocket, create_connection

from bench.target import TOKEN, cpu_s, started
from tests.server import Server

BATCH: Final = 400
BATCHES: Final = 100
UNACKNOWLEDGED: Final = 6


@dataclass(frozen=True, slots=True)
class Rate:
    """One round: events acknowledged, per CPU second of the server and per second of the clock."""

    per_cpu_s: float
    per_s: float


def measure(server: Server, rounds: int) -> list[Rate]:
    """Start `server`, warm it up by one round, and measure `rounds` more."""
    with started(server):
        socket = _connected(server)
        results = [_round(server, socket, f"bench-{number}") for number in range(rounds + 1)]
        socket.close()
    return results[1:]


def _round(server: Server, socket: WebSocket, job: str) -> Rate:
    messages = [_message(job, number) for number in range(BATCHES)]
    cpu, clock = cpu_s(server), time.perf_counter()
    for sent, message in enumerate(messages):
        if sent >= UNACKNOWLEDGED:
            _acknowledged(socket)
        socket.send(message)
    for _ in range(UNACKNOWLEDGED):
        _acknowledged(socket)
    events = BATCH * BATCHES
    return Rate(events / (cpu_s(server) - cpu), events / (time.perf_counter() - clock))


def _connected(server: Server) -> WebSocket:
    address = server.address.replace("http", "ws", 1)
    socket = create_connection(f"{address}/socket.io/?EIO=4&transport=websocket", suppress_origin=True, timeout=30)
    socket.recv()  # 0{…}: open
    socket.send(f"40{json.dumps({'token': TOKEN})}")
    answer = _next(socket)
    if not answer.startswith("40"):
        raise RuntimeError(f"The server refused the connection: {answer}")
    return socket


def _acknowledged(socket: WebSocket) -> None:
    """Wait for the next acknowledgement; all of its events must have been accepted."""
    while not (packet := _next(socket)).startswith("43"):
        pass
    answer = json.loads(packet[packet.index("[") :])[0]
    if answer.get("accepted") != BATCH:
        raise RuntimeError(f"Not all events were accepted: {answer}")


def _next(socket: WebSocket) -> str:
    """The next packet but pings, which are answered."""
    while True:
        packet = socket.recv()
        text = packet.decode() if isinstance(packet, bytes) else str(packet)
        if text != "2":
            return text
        socket.send("3")


def _message(job: str, number: int) -> str:
    """One batch as a Socket.IO packet that asks for an acknowledgement."""
    now_ms = time.time_ns() // 1_000_000
    batch = [_event(job, now_ms, number * BATCH + position) for position in range(BATCH)]
    return f"42{number}{json.dumps(['events', batch], separators=(',', ':'))}"


def _event(job: str, now_ms: int, number: int) -> dict[str, object]:
    """An item as a shop's spider would send it; ids grow with time."""
    ordered = (now_ms & (2**48 - 1)) << 80 | number << 48 | uuid.uuid4().int & (2**48 - 1)
    return {
        "type": "item_scraped",
        "jobId": job,
        "timestamp": now_ms,
        "id": str(uuid.UUID(int=ordered)),
        "seq": number + 1,
        "data": {
            "title": f"Vintage card no. {number}, near mint",
            "price": f"{number % 90}.99",
            "url": f"https://shop.example/cards/{number}",
            "image": f"https://shop.example/images/{number}.jpg",
            "inStock": number % 7 > 0,
        },
    }
