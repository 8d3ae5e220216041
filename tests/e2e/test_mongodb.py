"""A server whose events are in MongoDB: what a scraper sends is there once, whatever becomes of the server."""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.server import Server, running

BATCHES, SIZE = 12, 25


def posted(server: Server, token: str, events: list[dict[str, Any]]) -> Mapping[str, Any]:
    """What the server answers, sent again until it does."""
    body = json.dumps(events).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}/api/v1/events", body, headers)
    pause = threading.Event()
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                told: Mapping[str, Any] = json.loads(answer.read())
                return told
        except (OSError, ValueError):  # the server is away, or went while it answered
            pause.wait(0.05)


def read(server: Server, token: str, path: str) -> str:
    request = urllib.request.Request(server.address + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def test_a_killed_server_goes_on_with_what_it_had(
    environment: dict[str, str], sqlite_url: str, mongodb_url: str, async_mode: str, tmp_path: Path
):
    """A scraper sends while the server is killed and started again: its page, its list and its export tell the same."""
    environment = {**environment, "ASYNC_MODE": async_mode, "STORAGE_URL": mongodb_url}
    ingest, reader = environment["INGEST_TOKEN"], environment["READ_TOKEN"]
    times: dict[str, Any] = {"timestamp": int(time.time() * 1000)}
    begun = threading.Semaphore(0)
    answers: list[Mapping[str, Any]] = []

    def scrape(server: Server) -> None:
        for batch in range(BATCHES):
            events = [
                {"type": "item_scraped", "jobId": "run", "id": str(uuid.uuid4()), "data": {"n": batch * SIZE + n}}
                for n in range(SIZE)
            ]
            begun.release()
            answers.append(posted(server, ingest, [{**each, **times} for each in events]))

    with running(environment, tmp_path / "server.log") as server:
        scraper = threading.Thread(target=scrape, args=(server,))
        scraper.start()
        for _ in range(BATCHES // 2):
            assert begun.acquire(timeout=60)
        server.kill()
        server.start()
        scraper.join(60)
        assert not scraper.is_alive()

        total = BATCHES * SIZE
        assert sum(answer["accepted"] + answer["duplicates"] for answer in answers) == total
        job = json.loads(read(server, reader, "/api/v1/jobs/run"))
        assert job["items"] == total
        exported = [json.loads(line) for line in read(server, reader, "/export/events.jsonl?job=run").splitlines()]
        assert Counter(event["data"]["n"] for event in exported) == Counter(range(total))
        newest = json.loads(read(server, reader, "/api/v1/jobs/run/events?limit=1"))["items"]
        assert newest == exported[:1]
