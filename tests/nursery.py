"""Servers of the tests start with all that they import already imported: most of a start is importing.

A process for each ASYNC_MODE imports what the server does, as ``wsgi.py`` does, and is copied (``fork``) whenever a
server is wanted; the copy takes on its environment and runs ``wsgi.main``. It is a process of its own like any other.
What a command line does is tested with the command line: tests/test_wsgi.py, tests/test_procfile.py, tests/demo.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
MODES: Final = ("eventlet", "threading")
BEFORE_IMPORTS: Final = {"WEBSOCKET_COMPRESSION"}
"""Variables that say what is imported, or how: who sets one is not served here."""


class Nursery:
    """A process that has imported what a server does, in one ASYNC_MODE.

    Args:
        environment: what Python itself is to find in it.
        templates: folder of templates that were compiled already.
    """

    def __init__(self, mode: str, environment: Mapping[str, str], templates: Path) -> None:
        self._asking = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", mode, str(templates)],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, environment: Mapping[str, str], log: Path) -> "Started":
        """A server with that environment, which adds what it prints to the file."""
        return Started(self, self.ask({"environment": dict(environment), "log": str(log.absolute())}))

    def ask(self, request: Mapping[str, Any]) -> Any:
        """The process's answer.

        Raises:
            RuntimeError: it has ended; why stands on its standard error.
        """
        assert self._process.stdin
        assert self._process.stdout
        with self._asking:
            try:
                print(json.dumps(request), file=self._process.stdin, flush=True)
                answer = self._process.stdout.readline()
            except BrokenPipeError:
                answer = ""
        if not answer:
            raise RuntimeError(f"The process that servers are copied from ended with {self._process.wait()}")
        return json.loads(answer)

    def close(self) -> None:
        """End it; servers that still run go on."""
        self._process.communicate()


class Started:
    """A server that runs, or ran: as much of `subprocess.Popen` as is asked of one."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._end = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        if self.returncode is None:
            self.returncode = self._nursery.ask({"ended": self.pid})
            if self.returncode is not None:
                os.close(self._end)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not after so many seconds.
        """
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._end, select.POLLIN)
            ended.poll(None if timeout is None else timeout * 1000)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("wsgi.py", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """To a server that has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Nurseries:
    """Those of a run of the tests, each made when it is first asked for.

    Args:
        templates: see `Nursery`.
    """

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._made: dict[str, Nursery] = {}

    def start(self, environment: Mapping[str, str], log: Path) -> Started | None:
        """A server with that environment; None if it must be started by its command line."""
        mode = environment.get("ASYNC_MODE", "eventlet")
        if BEFORE_IMPORTS & set(environment) or mode not in MODES or not hasattr(os, "pidfd_open"):
            return None
        if mode not in self._made:
            self._made[mode] = Nursery(mode, environment, self._templates)
        return self._made[mode].start(environment, log)

    def close(self) -> None:
        """End all."""
        for nursery in self._made.values():
            nursery.close()


def compiled(templates: Path) -> None:
    """Applications of this process find there what another has compiled: it takes longer than most tests."""
    from flask import Flask
    from jinja2 import FileSystemBytecodeCache

    from tests import routing

    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(templates))}
    routing.compiled(templates)


def main(mode: str, templates: Path) -> int:
    """Import, then answer a line for each line; a copy returns with its server's exit code."""
    read = os.read  # as it is before eventlet patches it: waiting here must not begin a loop that copies would share
    import wsgi
    from app.runtime import open_runtime

    open_runtime(mode)
    from eventlet import hubs

    import app.serving  # noqa: F401  (all that a server needs)

    compiled(templates)
    waiting = b""
    while piece := read(0, 65_536):
        *lines, waiting = (waiting + piece).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "ended" in request:
                answer = _ended(request["ended"])
            elif (answer := os.fork()) == 0:
                _become(request)
                if mode == "eventlet":
                    hubs.use_hub()  # its own: what the first one waits for would wake all that share it
                return wsgi.main()
            print(json.dumps(answer), flush=True)
    return 0


def _ended(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(request: Mapping[str, Any]) -> None:
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = ["wsgi.py"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
