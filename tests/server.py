"""The real server as a process of its own, as an operator starts it; also driven by ``bench``."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from tests.nursery import MODES, Nurseries, Started

ROOT = Path(__file__).resolve().parents[1]
UNLESS_SAID = {"PYTHONPATH": str(ROOT / "tests" / "served"), "EVENTLET_NO_GREENDNS": "yes"}
"""No package of development's alone, see there; and no resolver of eventlet's, a seventh of a start, where no name is
looked up. Who gives a command has neither: the Procfile's lines are tested as they run elsewhere."""
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: a server that was away for a while finds its port again."""
COMMAND = (sys.executable, "wsgi.py")
TRIES = 100
ASYNC_MODES = MODES
START_S = 60
STOP_S = 5  # what the server promises
BUSY_S = 5
"""What a loaded machine may need on top of a promise; too little to hide that one is broken."""


def variables(data_dir: Path) -> dict[str, str]:
    """An environment with every secret given and all data in that folder."""
    return {
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": "a secret key of the tests, 32 bytes",
        "ENCRYPTION_KEYS": "an encryption key of the tests 32b",
        "ADMIN_PASSWORD": "admin's password",
        "INGEST_TOKEN": "an ingest token of the tests, 32 characters",
        "READ_TOKEN": "a reading token of the tests, 32 characters",
    }


class DidNotStart(Exception):
    """The server ended, or did not answer in time; holds the end of its log."""


class Server:
    """A server that may be started, stopped, killed and started again on the same address.

    Args:
        environment: its whole environment but for PATH; PORT is chosen if it is not given.
        log: file that gets what it prints.
        command: how it is started.
        trust: file of the authority that has signed its certificate, where it speaks TLS.
    """

    nurseries: ClassVar[Nurseries | None] = None
    """Where servers start that are not given a command, if the run of the tests has such."""

    def __init__(
        self, environment: Mapping[str, str], log: Path, command: Sequence[str] = COMMAND, trust: Path | None = None
    ) -> None:
        self.port = int(environment.get("PORT") or free_port())
        self.address = f"{'https' if trust else 'http'}://127.0.0.1:{self.port}"
        self.trust = ssl.create_default_context(cafile=trust) if trust else None
        given = {**UNLESS_SAID, **environment} if command is COMMAND else environment
        self.environment = {**given, "PATH": path(), "PORT": str(self.port)}
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | Started | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes] | Started":
        """The process that runs, or ran last."""
        assert self._process is not None, "not started yet"
        return self._process

    def start(self) -> float:
        """Start it and wait for its first answer; returns the seconds that took.

        Raises:
            DidNotStart: see there.
        """
        began = time.monotonic()
        ready = self.nurseries if self._command is COMMAND else None
        self._process = (ready and ready.start(self.environment, self.log)) or self._by_command()
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > began + START_S:
                self.kill()
                raise DidNotStart(self.log.read_text()[-2000:])
            time.sleep(0.05)
        return time.monotonic() - began

    def _by_command(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def stop(self) -> int:
        """Ask it to end (SIGTERM); returns its exit code.

        Raises:
            subprocess.TimeoutExpired: it did not end within the 5 s that it promises.
        """
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S + BUSY_S)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self.process.kill()
        self.process.wait()

    def request(
        self, target: str, *, method: str | None = None, body: Any = None, token: str | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer; `body` is sent as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.address + target, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.trust) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()

    def json(self, target: str, **options: Any) -> Any:
        """The decoded body of an answer that must be a success."""
        status, body = self.request(target, **options)
        assert 200 <= status < 300, (status, body[:500])
        return json.loads(body)

    def _answers(self) -> bool:
        try:
            return self.request("/healthz")[0] == 200
        except OSError:
            return False


@contextmanager
def running(environment: Mapping[str, str], log: Path, **options: Any) -> Iterator[Server]:
    """A started `Server` that runs no longer than the block."""
    server = Server(environment, log, **options)
    server.start()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def procfile(line: str) -> list[str]:
    """The Procfile's `line`, as the command by which a platform starts it: through a shell."""
    lines = dict(row.split(": ", 1) for row in (ROOT / "Procfile").read_text().splitlines())
    return ["bash", "-c", lines[line]]


def path() -> str:
    """A PATH whose `python` is the one that runs the tests."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def free_port() -> int:
    """A port of the loopback address that nobody listens on, and that no outgoing connection is given later."""
    for port in random.SystemRandom().sample(PORTS, TRIES):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"none of {TRIES} ports is free")
