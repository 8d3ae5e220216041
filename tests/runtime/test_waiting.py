"""The loop never waits on a query, in either mode and with either database."""

import sys
import threading
import urllib.request

from tests.server import Server, free_port


def test_a_ticker_keeps_its_beat_beside_slow_queries(async_mode, database_url, tmp_path):
    """Four queries of more than half a second each at once delay a 20 ms ticker by less than half of one."""
    port = free_port()
    command = (sys.executable, "-W", "ignore", "-m", "tests.runtime.ticking", async_mode, str(port), database_url)
    server = Server({"PORT": str(port)}, tmp_path / "log", command=command)
    server.start()
    try:
        threads = [threading.Thread(target=read, args=(server, "/slow")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        worst_ms, slowest_ms = map(int, read(server, "/worst").split())
        assert server.stop() == 0
    finally:
        server.kill()

    assert slowest_ms > 500
    assert worst_ms < slowest_ms / 2


def read(server: Server, target: str) -> str:
    """The body of an answer."""
    with urllib.request.urlopen(server.address + target, timeout=60) as answer:
        return str(answer.read().decode())
