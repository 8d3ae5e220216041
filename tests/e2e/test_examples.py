"""The three example events, sent by the Python client, by Node and by curl, as a newcomer would."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.e2e.seed import COMPLETED, ITEM, JOB, STARTED, client_environment, examples
from tests.server import ROOT

IN_PYTHON = f"""
from scrapewatch import Emitter

emitter = Emitter()
emitter.emit("job_started", "{JOB}", {STARTED!r})
emitter.emit("item_scraped", "{JOB}", {ITEM!r})
emitter.emit("job_completed", "{JOB}", {COMPLETED!r})
"""


@pytest.fixture
def arrived(server, environment):
    """Says that the job is in the API as the examples describe it."""

    def check() -> None:
        token = environment["READ_TOKEN"]
        (job,) = server.json("/api/v1/jobs", token=token)["items"]
        events = server.json(f"/api/v1/jobs/{JOB}/events", token=token)["items"]
        assert (job["id"], job["source"], job["query"]) == (JOB, "ebay.com", "vintage cards")
        assert (job["status"], job["items"], job["itemsReported"], job["duration"]) == ("completed", 1, 50, 60000)
        assert [event["data"] for event in reversed(events)] == [STARTED, ITEM, COMPLETED]
        assert all(event["flags"] == [] for event in events)

    return check


def test_from_the_python_client(server, environment, tmp_path, arrived):
    """A script that ends at once has sent all three when its process is gone."""
    script = tmp_path / "scraper.py"
    script.write_text(IN_PYTHON)
    variables = {**client_environment(server, environment), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], env=variables, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stderr == ""
    arrived()


def test_from_the_stock_client_in_node(from_node, arrived):
    """Nothing of ours is needed: each event is acknowledged."""
    from_node.send(*examples())

    arrived()


def test_from_curl(server, environment, arrived):
    """Three requests, three times `accepted`."""
    curl = shutil.which("curl") or pytest.skip("curl: not installed")
    for one in examples():
        done = subprocess.run(
            [
                *(curl, "--silent", "--show-error", "--fail-with-body", f"{server.address}/api/v1/events"),
                *("-H", f"Authorization: Bearer {environment['INGEST_TOKEN']}"),
                *("-H", "Content-Type: application/json", "-d", json.dumps(one)),
            ],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
        assert json.loads(done.stdout)["accepted"] == 1

    arrived()
