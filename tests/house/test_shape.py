"""Files stay small and are called after what they hold."""

from pathlib import Path

from tests.house import tree

MAX_LINES = 300
MAX_INIT_LINES = 30
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base_utils"}


def test_a_file_can_be_read_in_one_sitting():
    """A file has at most 300 lines, a package's `__init__` at most 30: it announces, the modules do."""
    lines = {path: len(tree.text(path).splitlines()) for path in tree.with_suffix(".py", ".js", ".css", ".html")}

    assert {
        path: count
        for path, count in lines.items()
        if count > (MAX_INIT_LINES if path.name == "__init__.py" else MAX_LINES)
    } == {}


def test_every_name_says_what_it_holds():
    """No module or folder is a drawer for whatever had no place."""
    named = [path for path in tree.files() if SHAPELESS & {part.partition(".")[0] for part in path.parts}]

    assert named == []


def test_no_import_contract_has_an_exception():
    """`make lint` holds all imports to the contracts of pyproject.toml, which name nobody who need not keep them."""
    assert "ignore_imports" not in tree.text(Path("pyproject.toml"))
