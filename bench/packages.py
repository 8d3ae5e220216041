"""The packages that the server is measured with: an operator's, if they can be had.

Those for development bring libraries that eventlet and Socket.IO load wherever they find them, and that weigh.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.server import ROOT

REQUIREMENTS = ROOT / "requirements.txt"


@dataclass(frozen=True, slots=True)
class Packages:
    """A Python with packages, and how the table calls these."""

    python: str
    name: str


@cache
def packages() -> Packages:
    """Those of requirements.txt alone, installed once into a folder that outlives the run; else those we run with."""
    folder = _folder()
    python = folder / "bin/python"
    done = folder / "installed"
    try:
        _own(folder)
        if not done.exists():
            print(f"installing requirements.txt into {folder} (about a minute)", flush=True)
            _install(folder, python)
            done.touch()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"that can't be had: {error}", flush=True)
        return Packages(sys.executable, "development's packages")
    return Packages(str(python), "packages of requirements.txt")


def _folder() -> Path:
    """In the temporary folder, another for each user, Python and version of the requirements."""
    mark = hashlib.sha256(f"{sys.version}{os.getuid()}".encode() + REQUIREMENTS.read_bytes()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"scrapewatch-bench-{mark}"


def _own(folder: Path) -> None:
    """Programs are run from there: it must be ours."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise OSError(f"{folder} belongs to somebody else")


def _install(folder: Path, python: Path) -> None:
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
