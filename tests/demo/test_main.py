"""`make demo` as a process: what a newcomer sees, and what is left when it ends."""

import base64
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest.mock import Mock

import pytest

import config
from demo.__main__ import Demo, credentials
from demo.processes import Failed
from tests.server import free_port

ROOT = Path(__file__).resolve().parents[2]


class Running:
    """The demo, started."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.output = folder / "output.txt"
        environment = {"PATH": os.environ["PATH"], "PORT": str(self.port), "DATA_DIR": str(folder)}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo"], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def children(self) -> dict[int, str]:
        """Process ids and command lines of what it started."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        lines = (line.split(None, 1) for line in listed.stdout.splitlines())
        return {int(pid): arguments for pid, arguments in lines if "ps -o" not in arguments}

    def jobs(self) -> list[dict[str, object]]:
        """The jobs of the API, by the login that was printed."""
        login = re.search(r"Login\s+(\S+)\s+(\S+)", self.output.read_text())
        assert login
        basic = base64.b64encode(":".join(login.groups()).encode()).decode()
        address = f"http://127.0.0.1:{self.port}/api/v1/jobs"
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {basic}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[dict[str, object]] = json.load(answer)["items"]
            return found

    def stored_types(self) -> set[str]:
        """The types of the events in the database."""
        connection = sqlite3.connect(self.folder / "demo" / "scrapewatch.db")
        rows = connection.execute("SELECT DISTINCT type FROM events").fetchall()
        connection.close()
        return {row[0] for row in rows}


@pytest.fixture
def demo(tmp_path):
    """The demo on a free port, ended at the end."""
    running = Running(tmp_path)
    yield running
    for pid in running.children():
        os.kill(pid, signal.SIGKILL)
    running.process.kill()
    running.process.wait()


@pytest.fixture
def until():
    """Waits for a condition, and fails if it doesn't come about."""

    def wait(condition, timeout=60):
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come about"
            time.sleep(0.05)

    return wait


def test_from_nothing_to_a_running_job_and_back(demo, until):
    """It migrates, prints address and login, shows a job whose items count up, and on SIGTERM leaves nothing running.

    The job's last word arrives before the server goes: it was cancelled, not lost.
    """
    until(lambda: "Ctrl-C" in demo.output.read_text())
    assert f"http://127.0.0.1:{demo.port}" in demo.output.read_text()
    until(lambda: any(job["items"] for job in demo.jobs()))
    (job,) = demo.jobs()
    assert (job["source"], job["query"], job["status"]) == ("sample-shop", "collectables", "running")
    started = demo.children()
    assert len(started) == 2
    demo.process.send_signal(signal.SIGTERM)

    assert demo.process.wait(40) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)
    assert "job_cancelled" in demo.stored_types()


def test_a_program_that_dies_ends_the_demo_and_is_named(demo, until):
    """The server is killed: the demo says so, stops the spider and ends with 1."""
    until(lambda: "Ctrl-C" in demo.output.read_text())
    until(lambda: len(demo.children()) == 2)
    started = demo.children()
    server = next(pid for pid, arguments in started.items() if "wsgi.py" in arguments)
    os.kill(server, signal.SIGKILL)

    assert demo.process.wait(60) == 1
    assert "The server ended" in demo.output.read_text()
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)


class Healthy(BaseHTTPRequestHandler):
    """Another server, which finds itself in the best of health."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def occupied():
    """A port at which another server answers."""
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_port_that_is_taken_is_named(occupied, tmp_path):
    """It does not greet in another server's name, and says what to do."""
    environment = {"PATH": os.environ["PATH"], "PORT": str(occupied), "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {occupied} is taken; set PORT=…\n"


def test_another_server_that_answers_is_not_taken_for_ours(occupied, tmp_path, monkeypatch):
    """The port is lost between the look and the start: our server ends, and so does the demo, without a greeting."""
    monkeypatch.setattr("demo.__main__._require_port", lambda _: None)
    monkeypatch.setenv("PORT", str(occupied))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    demo = Demo(config.load(), threading.Event())

    with pytest.raises(Failed, match="The server ended"):
        demo.run()


def test_it_has_help_and_takes_no_arguments(tmp_path):
    """Neither starts anything."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data")}
    done = [
        subprocess.run(
            [sys.executable, "-m", "demo", word], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        for word in ("--help", "--fast")
    ]

    assert [each.returncode for each in done] == [0, 2]
    assert done[0].stdout.startswith("usage: python -m demo")
    assert "unrecognized arguments" in done[1].stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_is_not_used_is_told(tmp_path, monkeypatch, capsys):
    """The demo has one of its own, whatever DATABASE_URL says; nothing is said where none was named."""
    shop = Mock(url="http://127.0.0.1:1")
    for given in ({}, {"DATABASE_URL": "postgresql://db/watch"}):
        Demo(config.load({"DATA_DIR": str(tmp_path), **given}), threading.Event())._greet(shop)

    (told,) = [line for line in capsys.readouterr().out.splitlines() if "Database" in line]
    assert told == "  Database      the demo's own, in that folder: DATABASE_URL is for `make run`"


def test_the_login_is_made_once(tmp_path):
    """The second demo prints what the first did; nobody else can read it."""
    file = tmp_path / "credentials.json"
    first = credentials(file)

    assert credentials(file) == first
    assert len(first.token) >= 32
    assert file.stat().st_mode & 0o777 == 0o600


def test_bad_settings_end_it_at_once(tmp_path):
    """Exit code 2 and the variable's name."""
    environment = {"PATH": os.environ["PATH"], "PORT": "many", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "PORT" in done.stderr
