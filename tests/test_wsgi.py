"""The process, as it is started."""

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
