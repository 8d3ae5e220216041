"""The demo's child processes."""

import sys
import time

import pytest

from demo.processes import Failed, Program


@pytest.fixture
def program(tmp_path):
    """Starts a Python one-liner as a program and stops it at the end."""
    started: list[Program] = []

    def start(code: str) -> Program:
        log = tmp_path / "program.log"
        started.append(Program("server", [sys.executable, "-uc", code], {"GREETING": "hello"}, log))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_a_program_that_ends_well_raises_nothing(program):
    """It got our variables beside those of the demo, and its log holds what it printed."""
    ended = program("import os; print(os.environ['GREETING'], 'PATH' in os.environ)")
    ended.wait()

    assert not ended.running
    assert ended.log.read_text() == "hello True\n"


def test_a_program_that_fails_is_named_with_its_last_words(program):
    """Name, exit code, where the log is, and the end of it."""
    ended = program("import sys; print('the port is taken'); sys.exit(3)")

    with pytest.raises(Failed, match=r"(?s)The server ended with exit code 3.*program\.log.*the port is taken"):
        ended.wait()


def test_stopping_is_asking_first(program, until_printed):
    """SIGTERM lets a program have its last word."""
    running = program(
        "import signal, sys, threading\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit(0)))\n"
        "print('ready')\nthreading.Event().wait()"
    )
    until_printed(running, "ready")
    running.stop()
    running.stop()

    assert running.log.read_text() == "ready\nbye\n"


def test_what_does_not_stop_is_ended(program, until_printed, monkeypatch):
    """A program that ignores SIGTERM is gone after the time allowed all the same."""
    monkeypatch.setattr("demo.processes.STOP_S", 0.2)
    running = program(
        "import signal, threading\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready')\nthreading.Event().wait()"
    )
    until_printed(running, "ready")
    running.stop()

    assert not running.running


@pytest.fixture
def until_printed():
    """Waits for a program's words."""

    def wait(running: Program, words: str) -> None:
        deadline = time.monotonic() + 30
        while words not in running.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    return wait
