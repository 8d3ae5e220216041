"""``GET /api/v1/metrics/current`` of a server that a real spider is watched by: the promised shape, measured."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from demo.shop import Shop
from tests.e2e.seed import client_environment, event
from tests.metrics.house import House
from tests.server import ROOT, Server

SCHEMA = json.loads(Path(__file__).with_name("current_metrics.schema.json").read_text())
PATIENCE_S = 60


@pytest.fixture
def crawl(server: Server, environment: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """Starts the demo's spider; it runs no longer than the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(shop: Shop, delay: float, **variables: str) -> subprocess.Popen[bytes]:
        command = [
            *(sys.executable, "-m", "scrapy", "runspider", "demo/spider.py", "-a", f"shop={shop.url}/"),
            *("-s", 'ADDONS={"scrapewatch.scrapy.Addon": 0}', "-s", "SCRAPEWATCH_SOURCE=sample-shop"),
            *("-s", f"DOWNLOAD_DELAY={delay}", "-s", f"LOG_FILE={tmp_path / 'scrapy.log'}"),
        ]
        # By its other name the server is reached directly also where the shop goes through a proxy.
        address = server.address.replace("127.0.0.1", "localhost")
        told = {**client_environment(server, environment), "SCRAPEWATCH_URL": address, **variables}
        started.append(subprocess.Popen(command, cwd=ROOT, env=told))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def leaves(told: Any, path: str = "") -> dict[str, float]:
    """Every figure by where it stands."""
    if isinstance(told, dict):
        return {at: figure for name, part in told.items() for at, figure in leaves(part, f"{path}.{name}").items()}
    if isinstance(told, list):
        return {at: figure for place, part in enumerate(told) for at, figure in leaves(part, f"{path}.{place}").items()}
    return {path[1:]: told}


def test_every_promised_figure_is_measured(server: Server, environment: dict[str, str], crawl):
    """One crawl has ended, one goes on through a proxy, one job waits and one failed: not one figure stays at 0."""
    waiting = [event("job_queued", {}, "waits"), event("job_failed", {"error": "banned"}, "fails")]
    server.request("/api/v1/events", body=waiting, token=environment["INGEST_TOKEN"])
    unmeasured = set(leaves(server.json("/api/v1/metrics/current", token=environment["READ_TOKEN"])))
    assert len(unmeasured) == 21
    with Shop(per_category=2) as quick, Shop(per_category=20) as slow:
        assert crawl(quick, 0).wait(PATIENCE_S) == 0
        crawl(slow, 0.05, http_proxy=slow.url, no_proxy="localhost")  # the shop takes a proxy's requests as well
        deadline = time.monotonic() + PATIENCE_S
        while unmeasured and time.monotonic() < deadline:
            current = server.json("/api/v1/metrics/current", token=environment["READ_TOKEN"])
            jsonschema.validate(current, SCHEMA)
            unmeasured -= {at for at, figure in leaves(current).items() if figure}
            time.sleep(0.1)

    assert unmeasured == set()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("system", "cpu", "usage"), 80),
        (("system", "cpu", "load"), [1, 2]),
        (("system", "memory", "used"), "much"),
        (("scraping", "jobs", "active"), 1.5),
        (("scraping", "resources", "proxyUsage"), None),
        (("scraping", "more"), 1),
    ],
)
def test_the_schema_refuses_what_is_not_promised(path, value):
    """A percentage, a load of two, a text, half a job, null, and a field too many."""
    current = House().figures.current()
    jsonschema.validate(current, SCHEMA)
    *above, last = path
    part: Any = current
    for name in above:
        part = part[name]
    part[last] = value

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(current, SCHEMA)
