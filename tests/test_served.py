"""What a server of the tests finds installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT, Server, path

REQUIREMENTS = ROOT.joinpath("requirements.txt").read_text()


@pytest.mark.parametrize(
    ("module", "package"),
    [("OpenSSL", "pyopenssl"), ("aiohttp", "aiohttp"), ("requests", "requests")],
)
def test_a_server_finds_nothing_that_only_development_installs(environment, tmp_path: Path, module: str, package: str):
    """What an operator's server lacks, the one under test lacks, too."""
    given = Server(environment, tmp_path / "server.log").environment
    asked = subprocess.run(
        [sys.executable, "-c", f"import {module}"], env=given | {"PATH": path()}, check=False, capture_output=True
    )

    assert f"\n{package}==" not in REQUIREMENTS
    assert b"ModuleNotFoundError" in asked.stderr
