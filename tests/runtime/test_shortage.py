"""The server outlives a shortage of file descriptors."""

import contextlib
import socket
import sys
import time

from tests.server import running


def test_no_descriptor_left_is_no_end(environment, sqlite_url, tmp_path):
    """With 200 files allowed, 300 idle connections are more than it can take; when they go, it answers again."""
    command = ("bash", "-c", f"ulimit -n 200; exec {sys.executable} wsgi.py")
    with running(environment, tmp_path / "server.log", command=command) as server:
        with contextlib.ExitStack() as idle:
            for _ in range(300):
                line = idle.enter_context(socket.socket())
                line.settimeout(0.2)
                with contextlib.suppress(OSError):
                    line.connect(("127.0.0.1", server.port))
        deadline = time.monotonic() + 30
        while not answers(server) and time.monotonic() < deadline:
            time.sleep(0.05)

        assert answers(server)
        assert server.stop() == 0


def answers(server):
    """Whether the health check does."""
    try:
        return server.request("/healthz")[0] == 200
    except OSError:
        return False
