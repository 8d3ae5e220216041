"""No test, benchmark or demo puts anything into the cache folder of whoever runs it.

The run as a whole is watched by the fixture `no_user_s_cache`; here is what it sees.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scrapewatch import Emitter
from tests.cache import SPOOL, Watch, users_folder, would_touch
from tests.house import tree

URL = "http://127.0.0.1:1"


def test_this_run_is_watched():
    """And its clients are told of another folder than the user's."""
    assert users_folder() not in {None, Path(os.environ[SPOOL])}


def test_who_gives_a_client_its_address_gives_it_a_folder():
    """Or lets it keep its events in memory: in the same file, or by the variables that all tests with a server use."""
    texts = {path: tree.text(path) for path in tree.with_suffix(".py") if path.parts[0] in {"tests", "bench", "demo"}}
    given = [path for path, text in texts.items() if '"SCRAPEWATCH_URL":' in text]

    assert {path.parts[0] for path in given} == {"tests", "bench", "demo"}
    assert [p for p in given if not re.search("SCRAPEWATCH_SPOOL_|client_environment", texts[p])] == []


def test_a_client_in_this_process_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By the folder that it makes."""
    watch = Watch(tmp_path)
    watch.begin()
    monkeypatch.setenv(SPOOL, str(tmp_path / "spool"))
    emitter = Emitter(URL, "x")
    emitter.emit("log", "1", {})
    emitter.close(0)

    assert str(tmp_path / "spool") in watch.touched


def test_a_client_in_another_process_is_seen(tmp_path: Path):
    """By the variables that it is started with."""
    watch = Watch(tmp_path)
    watch.begin()
    address = {"SCRAPEWATCH_URL": URL}
    for variables in (address, {**address, "SCRAPEWATCH_SPOOL_BYTES": "0"}, {**address, SPOOL: "/elsewhere"}, {}):
        Watch.__call__(watch, "subprocess.Popen", (sys.executable, [str(variables)], None, variables))
    subprocess.run([sys.executable, "-c", ""], env={}, check=True)

    assert watch.touched == [str([str(address)])]
    assert would_touch(address)
