"""Files stay small and are called after what they hold."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import tree

MAX_LINES = 300
MAX_INIT_LINES = 30
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base_utils"}


@pytest.mark.parametrize("path", tree.with_suffix(".py", ".js", ".css", ".html"), ids=str)
def test_a_file_can_be_read_in_one_sitting(path: Path):
    """A file has at most 300 lines, a package's `__init__` at most 30: it announces, the modules do."""
    limit = MAX_INIT_LINES if path.name == "__init__.py" else MAX_LINES

    assert len(tree.text(path).splitlines()) <= limit


def test_every_name_says_what_it_holds():
    """No module or folder is a drawer for whatever had no place."""
    named = [path for path in tree.files() if SHAPELESS & {part.partition(".")[0] for part in path.parts}]

    assert named == []


def test_imports_run_downward():
    """Every import contract of pyproject.toml holds, and none has an exception."""
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(lint, cwd=tree.ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "ignore_imports" not in tree.text(Path("pyproject.toml"))
