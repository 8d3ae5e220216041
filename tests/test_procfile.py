"""The Procfile's own lines, run as a platform runs them: by a shell, configured by app.json and add-ons alone."""

import json
import secrets
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.server import ROOT, Server, path, procfile


@pytest.fixture(params=["sqlite", "postgres"])
def platform(request: pytest.FixtureRequest, tmp_path: Path):
    """The environment that a platform makes: app.json's values, made secrets, and the add-on's empty database."""
    described = json.loads((ROOT / "app.json").read_text())["env"]
    environment = {name: row["value"] for name, row in described.items() if "value" in row}
    environment |= {name: secrets.token_hex(32) for name, row in described.items() if row.get("generator") == "secret"}
    environment |= {"DATA_DIR": str(tmp_path / "data"), "PATH": path()}
    if request.param == "sqlite":
        yield {**environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'file.db'}"}
        return
    with request.getfixturevalue("postgres_server").database(migrated=False) as url:
        yield {**environment, "DATABASE_URL": urlsplit(url)._replace(scheme="postgres").geturl()}


def test_the_lines_start_and_stop_the_server(platform: dict[str, str], tmp_path: Path):
    """Release, then web: it answers on PORT, and SIGTERM ends it within 5 s with code 0."""
    subprocess.run(procfile("release"), cwd=ROOT, env=platform, check=True, capture_output=True)
    server = Server(platform, tmp_path / "log", command=procfile("web"))
    server.start()
    answer = server.request("/readyz")
    began = time.monotonic()
    code = server.stop()

    assert answer[0] == 200
    assert (code, time.monotonic() - began < 5) == (0, True), server.log.read_text()


def test_without_a_release_the_server_refuses(platform: dict[str, str]):
    """On an empty database it ends at once, with a line that names the command."""
    refused = subprocess.run(
        procfile("web"),
        cwd=ROOT,
        env=platform | {"PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 1
    assert "flask --app wsgi db upgrade" in refused.stderr
