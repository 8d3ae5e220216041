"""The process, as it is started."""

import socket
import subprocess
import sys

from tests.server import ROOT, path


def test_a_database_that_is_gone_is_told_in_a_sentence(environment):
    """One line that says what can't be reached, and exit code 1."""
    refused = subprocess.run(
        [sys.executable, "-W", "ignore", "wsgi.py"],
        cwd=ROOT,
        env=environment | {"DATABASE_URL": "postgres://nobody:hidden@127.0.0.1:1/none", "PORT": "0", "PATH": path()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("The database can't be used now (storage_down): ")
    assert "127.0.0.1" in refused.stderr
    assert "hidden" not in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told_in_a_sentence(environment, sqlite_url):
    """One line that says what to set, and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "-W", "ignore", "wsgi.py"],
            cwd=ROOT,
            env=environment | {"DATABASE_URL": sqlite_url, "PORT": str(port), "PATH": path()},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert (refused.returncode, refused.stderr) == (1, f"Port {port} is taken; set PORT=…\n")
