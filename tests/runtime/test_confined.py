"""A server with as little as it needs: no privileges, code that it can't write, data that nobody else can read."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ROOT, Server, variables
from tests.sockets import scraped

ALONE = (
    'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0"'
    ' && exec setpriv --inh-caps=-all --bounding-set=-all --no-new-privs "$@"'
)
CONFINED = ("unshare", "--mount", "sh", "-c", ALONE, str(ROOT))
"""In a file system of its own, where the code is read-only, and without any privilege of root's."""


@pytest.fixture
def confined(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server that was started so; skipped where the system lets nobody confine a process."""
    tried = subprocess.run([*CONFINED, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"A process can't be confined here: {tried.stderr.strip()}")
    command = (*CONFINED, sys.executable, "wsgi.py")
    server = Server({**variables(tmp_path), "BACKUP_ENABLED": "true"}, tmp_path / "server.log", command)
    mask = os.umask(0o022)
    try:
        server.start()
    finally:
        os.umask(mask)
    yield server
    assert server.stop() == 0


@pytest.mark.statement(46, 61)
def test_a_server_needs_no_privilege_and_keeps_its_data_to_itself(confined: Server, tmp_path: Path):
    """It takes events and shows them; what it has written is its owner's alone, whatever the mask was."""
    token = confined.environment["INGEST_TOKEN"]
    assert confined.json("/api/v1/events", body=scraped(), token=token)["accepted"] == 1
    assert confined.json("/api/v1/jobs", token=confined.environment["READ_TOKEN"])["items"]

    open_to_others = {
        str(path.relative_to(tmp_path)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in tmp_path.rglob("*")
        if path != confined.log and path.stat().st_mode & 0o077
    }
    assert open_to_others == {}
