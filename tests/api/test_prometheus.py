"""``/metrics``, judged by Prometheus' own tools."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from app.core.errors import Unavailable
from app.status import Status
from tests import parts
from tests.api.conftest import Caller
from tests.server import Server, free_port

PATIENCE_S = 60


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of ``prometheus`` and ``promtool``."""
    return parts.prometheus() or pytest.skip("Prometheus: not installed; `python -m tests.parts` obtains it")


class Prometheus:
    """A real one that scrapes a server every second."""

    def __init__(self, tools: Path, folder: Path, server: Server, token: str) -> None:
        port = free_port()
        self._address = f"http://127.0.0.1:{port}"
        config = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [
                {
                    "job_name": "scrapewatch",
                    "authorization": {"credentials": token},
                    "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}],
                }
            ],
        }
        file = folder / "prometheus.yml"
        file.write_text(json.dumps(config))  # JSON is YAML, too
        with (folder / "prometheus.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(str(tools / "prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"),
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
            )

    def ask(self, query: str) -> list[tuple[dict[str, str], float]]:
        """The labels and values that answer a query."""
        target = f"{self._address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(target, timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def until(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Wait for a query to have an answer."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                if found := self.ask(query):
                    return found
            time.sleep(0.1)
        pytest.fail(f"no answer to {query}")


@pytest.fixture
def prometheus(tools: Path, tmp_path: Path, server: Server, environment: dict[str, str]) -> Iterator[Prometheus]:
    """One that scrapes the test's server."""
    started = Prometheus(tools, tmp_path, server, environment["READ_TOKEN"])
    yield started
    started.process.kill()
    started.process.wait()


def crawl(job_id: str = "a secret id") -> list[dict[str, object]]:
    """A job that did a bit of everything."""
    now_ms = round(time.time() * 1000)
    events: list[tuple[str, object]] = [
        ("job_started", {"source": "ebay.com", "query": 'vintage "cards" \\ \n é'}),
        ("item_scraped", {}),
        ("error", {"message": "no price"}),
        ("job_progress", {"requests": {"total": 9, "failed": 1}, "bytes": {"received": 1_000}}),
        ("worker", {"host": "crawler", "cpu": {"usage": 0.5, "load": [1, 1, 1]}}),
        (
            "metric",
            {"values": {"queue length": 4, "queueLength": 5, "captchas_total": 1, "": 2, "夏": 3, 'say "hi"\n': 6}},
        ),
        ("job_completed", {"duration": 1_500}),
        ("none", {}),
    ]
    return [{"type": type_, "jobId": job_id, "timestamp": now_ms, "data": data} for type_, data in events]


def test_promtool_finds_no_fault(reader: Caller, scraper: Caller, tools: Path):
    """Names, kinds, units and help are as Prometheus wants them, whatever a spider is called; no job's id is told."""
    scraper.post("/api/v1/events", crawl())
    answer = reader.get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"

    judged = subprocess.run(
        [tools / "promtool", "check", "metrics"], input=answer.data, capture_output=True, check=False
    )

    assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b"")
    assert "scrapewatch_items_total" in answer.text
    assert answer.text.count("\nscrapewatch_user_queue_length{") == 2
    assert "a secret id" not in answer.text


def test_the_figures_are_for_readers(anyone: Caller, scraper: Caller):
    """They name spiders and hosts."""
    assert anyone.get("/metrics").status_code == 401
    assert scraper.get("/metrics").status_code == 403


def test_the_process_is_told_while_the_store_is_away(reader: Caller, monkeypatch: pytest.MonkeyPatch):
    """What waits and what lags is of interest just then."""

    def away(_: Status) -> NoReturn:
        raise Unavailable("storage_down")

    monkeypatch.setattr(Status, "read", away)
    told = reader.get("/metrics").text

    assert "scrapewatch_storage_up 0.0" in told
    assert "scrapewatch_queue_events 0.0" in told


def test_a_real_prometheus_scrapes_it(server: Server, environment: dict[str, str], prometheus: Prometheus):
    """The target is up, and a question of Prometheus' has the spider's figures for an answer."""
    server.request("/api/v1/events", body=crawl(), token=environment["INGEST_TOKEN"])

    ((labels, items),) = prometheus.until("scrapewatch_items_total == 1")
    assert (labels["spider"], items) == ('ebay.com: vintage "cards" \\ \n é', 1)
    assert [value for _, value in prometheus.ask("up")] == [1]
    assert [value for _, value in prometheus.ask("scrapewatch_jobs_started_total")] == [1]
    told = prometheus.ask("scrapewatch_user_queue_length")
    assert {labels["metric"]: value for labels, value in told} == {"queue length": 4, "queueLength": 5}
    assert {labels["spider"] for labels, _ in told} == {'ebay.com: vintage "cards" \\ \n é'}
    assert [value for _, value in prometheus.ask('scrapewatch_events_total{code="unknown_type"}')] == [1]
    assert [value for _, value in prometheus.ask("scrapewatch_requests_failed_total")] == [1]
    assert [value for _, value in prometheus.ask('scrapewatch_host_cpu_usage_ratio{worker="crawler"}')] == [0.5]
    assert [value for _, value in prometheus.ask('scrapewatch_connections{namespace="viewers"}')] == [0]
    assert prometheus.ask("process_resident_memory_bytes")[0][1] > 1_000_000
