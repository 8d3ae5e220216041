"""The files of the repository, as the gates of this folder see them."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
GENERATED: Final = ("requirements.txt", "requirements-dev.txt", "package-lock.json")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or would be, under version control; relative to the root, vendored ones left out."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = (Path(name) for name in names if name and (ROOT / name).is_file())
    return tuple(sorted(path for path in found if "vendor" not in path.parts and path.name not in GENERATED))


def with_suffix(*suffixes: str) -> list[Path]:
    """Those that end so."""
    return [path for path in files() if path.suffix in suffixes]


@cache
def text(path: Path) -> str:
    """A file's text; empty for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def parsed(path: Path) -> ast.Module:
    """A source of Python, taken apart."""
    return ast.parse(text(path))
