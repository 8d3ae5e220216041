"""A real server process that is killed while a scraper sends."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scrapewatch import stand_in as program


class Killable:
    """The stand-in as a process, started again on the same port and file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, program.__file__, str(self.port), str(self.file)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def events(self) -> list[dict[str, Any]]:
        lines = self.file.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]


@pytest.fixture
def killable(tmp_path):
    """A server process, killed at the end."""
    server = Killable(tmp_path / "events.jsonl")
    yield server
    server.kill()


def test_killed_in_the_middle_and_started_again(killable, emitter_to, until):
    """Three kills amid 3,000 events of two jobs: each arrives, once by its id, in the order of its job."""
    emitter = emitter_to(f"http://127.0.0.1:{killable.port}", batch_size=20)
    for part in range(3):
        for n in range(part * 1_000, (part + 1) * 1_000):
            emitter.emit("item_scraped", f"job-{n % 2}", {"n": n})
        until(lambda wanted=part * 1_000 + 300: len(killable.events()) >= wanted)
        killable.kill()
        killable.start()

    assert emitter.flush(60)
    events = killable.events()
    assert len({event["id"] for event in events}) == len(events) == 3_000
    for job in ("job-0", "job-1"):
        own = [event for event in events if event["jobId"] == job]
        assert [event["seq"] for event in own] == list(range(1, 1_501))
        assert [event["data"]["n"] for event in own] == sorted(event["data"]["n"] for event in own)
    assert emitter.ledger.lost == 0
