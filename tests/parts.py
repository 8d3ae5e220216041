"""The real parts that the tests drive: ``python -m tests.parts`` obtains what is missing; fixtures only look.

Postgres needs no step of its own: a wheel among the development requirements brings it (see ``tests.postgres``).
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench import node
from tests import mongo_server

NODE: Final = Path(__file__).parent / "e2e/node"
BROWSERS: Final = (
    "chromium-headless-shell",  # the same engine without a desktop's windows: half the work of a start
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)
OBTAIN_S: Final = 600


def chromium() -> str | None:
    """The path of an installed Chromium: the system's, else Playwright's own."""
    if found := next(filter(None, map(shutil.which, BROWSERS)), None):
        return found
    ours = sorted(Path("~/.cache/ms-playwright").expanduser().glob("chromium-*/chrome-linux*/chrome"))
    return str(ours[-1]) if ours else None


def node_client() -> Path | None:
    """The folder in which Node finds the stock ``socket.io-client``, at the version locked there."""
    installed = shutil.which("node") and (NODE / "node_modules/socket.io-client/package.json").exists()
    return NODE if installed else None


def obtain_chromium() -> None:
    """By Playwright, else (where we may) by the system's packages."""
    if not _runs(sys.executable, "-m", "playwright", "install", "chromium"):
        any(map(_apt, ("chromium-headless-shell", "chromium")))


def obtain_node_client() -> None:
    """Node by the system's packages if need be, then what ``package-lock.json`` says."""
    if not shutil.which("npm"):
        _apt("nodejs", "npm")
    _runs("npm", "ci", "--prefix", str(NODE), "--no-audit", "--no-fund")


def axe() -> str | None:
    """The source of axe-core, at the version locked there."""
    source = NODE / "node_modules/axe-core/axe.min.js"
    return source.read_text(encoding="utf-8") if source.exists() else None


def asyncapi() -> Any:
    """AsyncAPI's own schema of its documents, at the version locked there."""
    source = NODE / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
    return json.loads(source.read_text(encoding="utf-8")) if source.exists() else None


def node_peers() -> Path | None:
    """The folder of the servers that ours is measured beside, if they would start."""
    return node.PEERS if node.is_installed() else None


def prometheus() -> Path | None:
    """The folder of ``prometheus`` and ``promtool``."""
    found = shutil.which("prometheus") if shutil.which("promtool") else None
    return Path(found).parent if found else None


def obtain_prometheus() -> None:
    """Both by the system's packages."""
    _apt("prometheus")


def obtain_mongo_server() -> None:
    """SecantusDB, as it is locked, into an environment of its own."""
    shutil.rmtree(mongo_server.ENVIRONMENT, ignore_errors=True)
    environment = str(mongo_server.ENVIRONMENT)
    install = ("pip", "install", "--python", environment, "--require-hashes", "--no-deps", "-r", mongo_server.LOCKED)
    uv = (sys.executable, "-m", "uv")
    if _runs(*uv, "venv", "--python", sys.executable, environment) and _runs(*uv, *map(str, install)):
        shutil.copy(mongo_server.LOCKED, mongo_server.ENVIRONMENT)


def alertmanager() -> str | None:
    """The path of Prometheus' Alertmanager."""
    return next(filter(None, map(shutil.which, ("prometheus-alertmanager", "alertmanager"))), None)


def obtain_alertmanager() -> None:
    """By the system's packages."""
    _apt("prometheus-alertmanager")


PARTS: Final[dict[str, tuple[Callable[[], object | None], Callable[[], None]]]] = {
    "Chromium": (chromium, obtain_chromium),
    "Node with socket.io-client": (node_client, obtain_node_client),
    "axe-core": (lambda: bool(axe()), obtain_node_client),
    "AsyncAPI's schema": (lambda: bool(asyncapi()), obtain_node_client),
    "Prometheus with promtool": (prometheus, obtain_prometheus),
    "SecantusDB, which speaks as MongoDB does": (mongo_server.installed, obtain_mongo_server),
    "Alertmanager": (alertmanager, obtain_alertmanager),
}


def main() -> None:
    """Obtain what is missing; what can't be had is said here and again by each test skipped for it."""
    for name, (find, obtain) in PARTS.items():
        if not find():
            print(f"Obtaining {name} for the tests", flush=True)
            obtain()
        print(f"{name}: {find() or 'not to be had here; its tests will be skipped'}", flush=True)


def _apt(*packages: str) -> bool:
    """Install Debian packages, if we are root on such a system; whether they are there now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    _runs("apt-get", "update", "-q")
    return _runs("apt-get", "install", "-qy", "--no-install-recommends", *packages)


def _runs(*command: str) -> bool:
    """Whether `command` could be run and succeeded; what it prints is shown only when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=OBTAIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {command[0]}: {error}")
        return False
    if done.returncode:
        print(f"  {' '.join(command)} failed: {done.stderr.strip()[-300:]}")
    return done.returncode == 0


if __name__ == "__main__":
    main()
