"""What the first page offers to paste works when it is pasted."""

import subprocess
import sys

import pytest

from tests.e2e.browsing import enter
from tests.e2e.seed import JOB, client_environment
from tests.server import ROOT


@pytest.fixture
def pasted(one_server, environment, visit, node_client, tmp_path):
    """Runs a snippet as it stands on the page, by its name there; returns the job that it sent."""
    page = enter(visit(one_server), environment)
    page.goto("/")
    snippets = {name: page.locator(f".p-{name} pre").text_content() or "" for name in ("python", "node", "curl")}
    variables = {**client_environment(one_server, environment), "PYTHONPATH": str(ROOT)}
    (tmp_path / "node_modules").symlink_to(node_client / "node_modules")
    (tmp_path / "scraper.py").write_text(f"pages = range(3)\n{snippets['python']}\n")
    (tmp_path / "scraper.mjs").write_text(snippets["node"])
    commands = {
        "python": [sys.executable, "scraper.py"],
        "node": ["node", "scraper.mjs"],
        "curl": ["sh", "-c", snippets["curl"]],
    }

    def run(name: str):
        subprocess.run(commands[name], cwd=tmp_path, env=variables, check=True, timeout=60)
        job = one_server.json(f"/api/v1/jobs/{JOB}", token=environment["READ_TOKEN"])
        return job["status"], job["attempt"], job["items"], job["source"], job["query"]

    return run


def test_each_snippet_sends_a_job(pasted):
    """Each brings it to its end; under one id each is a further attempt."""
    assert pasted("python") == ("completed", 1, 3, "ebay.com", "vintage cards")
    assert pasted("node") == ("completed", 2, 1, "ebay.com", "vintage cards")
    assert pasted("curl") == ("completed", 3, 1, "ebay.com", "vintage cards")
