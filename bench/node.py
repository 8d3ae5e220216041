"""The reference in Node (`bench/peers`): obtained by npm as its lock says, started like our own server."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.server import ROOT, Server

PEERS: Final = ROOT / "bench/peers"
FORMS: Final = ("plain", "same", "coalesce")
INSTALL_S: Final = 900
_CHECK: Final = 'new (require("better-sqlite3"))(":memory:"); require("socket.io")'


class Unobtainable(Exception):
    """There is no such reference on this machine; the message says why."""


def obtain() -> None:
    """Install what the lock names, unless that has been done.

    Raises:
        Unobtainable: see there.
    """
    if is_installed():
        return
    if not (shutil.which("node") and shutil.which("npm")):
        raise Unobtainable("node and npm are not installed")
    print("obtaining the reference in Node (some minutes where its SQLite has to be compiled)", flush=True)
    command = ("npm", "ci", "--no-audit", "--no-fund")
    try:
        done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unobtainable(f"npm ci took more than {INSTALL_S} s") from None
    if done.returncode or not is_installed():
        raise Unobtainable(f"npm ci failed: {done.stderr.strip()[-300:] or 'its packages do not load'}")


def is_installed() -> bool:
    """Whether the packages are there and load."""
    if not shutil.which("node"):
        return False
    return not subprocess.run(("node", "-e", _CHECK), cwd=PEERS, capture_output=True, check=False).returncode


def peer(folder: Path, form: str) -> Server:
    """The reference in one of its `FORMS`, not started yet, with its data in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"DATA_DIR": str(folder), "NODE_ENV": "production"}
    return Server(environment, folder / "log", ("node", os.fspath(PEERS / "server.mjs"), form))
