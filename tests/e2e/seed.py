"""The three events that the product was first described by, of this moment; and a scraper in Node that sends them."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.server import Server, path

JOB: Final = "123"
STARTED: Final = {"source": "ebay.com", "query": "vintage cards", "config": {"pageCount": 5}}
ITEM: Final = {"title": "Vintage Pokemon Card", "price": "29.99", "url": "https://..."}
COMPLETED: Final = {"itemsScraped": 50, "duration": 60000, "success": True}


def event(event_type: str, data: Any, job_id: str = JOB, *, ago_min: float = 0) -> dict[str, Any]:
    """An envelope of this moment or so many minutes ago, written as a browser or Node writes it."""
    moment = (datetime.now(UTC) - timedelta(minutes=ago_min)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": event_type, "jobId": job_id, "timestamp": moment, "data": data}


def examples() -> list[dict[str, Any]]:
    """All three."""
    return [event("job_started", STARTED), event("item_scraped", ITEM), event("job_completed", COMPLETED)]


def client_environment(server: Server, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a scraper is given."""
    return {
        "PATH": path(),
        "SCRAPEWATCH_URL": server.address,
        "SCRAPEWATCH_TOKEN": environment["INGEST_TOKEN"],
        "SCRAPEWATCH_SPOOL_DIR": str(server.log.with_name("spool")),
    }


class NodeScraper:
    """A stock client in Node that sends what it is told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def send(self, *events: dict[str, Any]) -> None:
        """Send the events one by one; each has been acknowledged when this returns."""
        assert self._process.stdin
        assert self._process.stdout
        for one in events:
            print(json.dumps(one), file=self._process.stdin, flush=True)
            answer = json.loads(self._process.stdout.readline())
            assert (answer["ok"], answer["accepted"]) == (True, 1), answer


@contextmanager
def node_scraper(folder: Path, variables: Mapping[str, str]) -> Iterator[NodeScraper]:
    """A scraper that runs no longer than the block, and leaves by itself at the end of what it is told."""
    with subprocess.Popen(
        ["node", "send.mjs"], cwd=folder, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield NodeScraper(process)
            assert process.stdin
            process.stdin.close()
            assert process.wait(10) == 0
        finally:
            process.kill()
