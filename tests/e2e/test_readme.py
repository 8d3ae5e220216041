"""What the README offers to paste works when it is pasted."""

import re
import subprocess
import sys

import pytest

from tests.e2e.seed import client_environment
from tests.server import ROOT

COMMANDS = {"python": [sys.executable, "scraper.py"], "js": ["node", "scraper.mjs"], "sh": ["sh", "scraper.sh"]}


def snippet(language, holding):
    """The block of the README in that language that holds those words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return found


@pytest.fixture
def paste(one_server, environment, tmp_path):
    """Runs a snippet; returns the job of that name."""

    def run(language, name, **variables):
        command = COMMANDS[language]
        (tmp_path / command[1]).write_text(snippet(language, name))
        given = {**client_environment(one_server, environment), "PYTHONPATH": str(ROOT), **variables}
        subprocess.run(command, cwd=tmp_path, env=given, check=True, timeout=30)
        return one_server.json(f"/api/v1/jobs/{name}", token=environment["READ_TOKEN"])

    return run


def test_python(paste):
    """Two pages, two items, and an end."""
    job = paste("python", "from-python")

    assert (job["status"], job["items"], job["query"]) == ("completed", 2, "vintage cards")


def test_node(paste, node_client, tmp_path):
    """It ends by itself, after its job."""
    (tmp_path / "node_modules").symlink_to(node_client / "node_modules")
    job = paste("js", "from-node")

    assert (job["status"], job["items"], job["attempt"]) == ("completed", 1, 1)


def test_node_says_why_it_is_refused(paste, node_client, tmp_path):
    """A wrong token does not leave it hanging."""
    (tmp_path / "node_modules").symlink_to(node_client / "node_modules")

    with pytest.raises(subprocess.CalledProcessError):
        paste("js", "from-node", SCRAPEWATCH_TOKEN="a token that nobody made, 32 characters")


def test_curl(paste):
    """One request begins the job and ends it."""
    job = paste("sh", "from-curl")

    assert (job["status"], job["source"]) == ("completed", "ebay.com")
