"""What is promised of security is shown, and the sources hold nothing that would break it."""

import ast
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dashboard.vendor import MANIFEST
from docs.sbom import vendored
from docs.statements import STATEMENTS, shown_by
from tests.house import tree

SECRET = re.compile("token|secret|password|digest|signature|csrf")
NO_SECRETS = {
    "app/storage/memory.py": "digests of events",
    "app/storage/sql/sessions.py": "conditions of a query, which finds a SHA-256",
    "app/accounts/passwords.py": "two fields of the same form",
    "app/storage/sql/accounts.py": "conditions of a query, which finds a SHA-256",
    "app/storage/backup/container.py": "a checksum",
    "app/dashboard/assets.py": "a hash of a public file",
    "app/dashboard/job_tabs/metrics.py": "a token of the design",
    "app/ingest/split.py": "a token of the grammar",
}
MARKUP = {
    "app/dashboard/marking.py": "escapes the text around its marks",
    "app/dashboard/assets.py": "addresses of our own files",
    "app/dashboard/pieces.py": "escapes all that it writes down",
    "app/dashboard/job_cells.py": "moments, numbers and what a template has filled",
    "app/dashboard/forms.py": "the pieces of our own templates",
    "app/dashboard/language.py": "texts of our templates and their translations, as Jinja itself takes them",
    "app/dashboard/templates/dashboards/form.html": "what a template has filled, attributes of the form's own",
    "app/dashboard/templates/alerts/rule.html": "attributes of the form's own",
}


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree.parsed(path)) if isinstance(node, ast.Call))


def _sources() -> list[Path]:
    return [path for path in tree.with_suffix(".py") if path.parts[0] in {"app", "scrapewatch"}]


def _named(path: Path) -> str:
    return path.as_posix()


def test_every_statement_is_shown_by_a_test():
    """Statements are numbered through, none is without a test, and no test names another number."""
    stated = {number for group in STATEMENTS.values() for number in group}

    assert set(shown_by()) == stated == set(range(1, 64))


@pytest.mark.statement(16)
def test_secrets_are_compared_in_constant_time():
    """Nothing that is called like a secret is compared by `==`, but what is none."""
    found = {
        _named(path)
        for path in _sources()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        for sides in [[node.left, *node.comparators]]
        if not any(isinstance(side, ast.Constant) for side in sides)
        and any(SECRET.search(ast.unparse(side)) for side in sides)
    }

    assert found == set(NO_SECRETS)


@pytest.mark.statement(31)
def test_markup_is_made_where_it_is_listed():
    """Whoever takes a text for markup is listed with the reason; scripts never do."""
    made = {_named(path) for path in _sources() for call in _calls(path) if ast.unparse(call.func) == "Markup"}
    taken = {_named(path) for path in tree.with_suffix(".html") if re.search(r"\|\s*safe\b", tree.text(path))}

    assert made | taken == set(MARKUP)


LOCKS = ("requirements.txt", "requirements-dev.txt", "tests/mongodb-server.txt", "tests/audit.txt")
FLOORS = {
    "eventlet": (0, 40, 3),
    "python-socketio": (5, 16, 2),
    "gunicorn": (23,),
    "werkzeug": (3, 0, 6),
    "flask": (3,),
}
"""The first versions without what was known of them: smuggling, pickled messages, unbounded forms."""


@pytest.mark.statement(59)
@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-dev.txt", "tests/mongodb-server.txt", "tests/audit.txt"]
)
def test_every_package_is_pinned_with_its_hash(lock: str):
    """A version of each, and the hash of each of its files."""
    lines = re.sub(r"\\\n", " ", tree.text(Path(lock))).splitlines()
    packages = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert packages
    assert [line for line in packages if not re.match(r"[\w.\-\[\]]+==\S+.* --hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.statement(59)
def test_no_lock_holds_a_version_with_a_known_weakness():
    """Whatever `make audit` says of the rest, these stay above what was mended."""
    locked = dict(re.findall(r"^([\w.\-]+)==([\d.]+)", tree.text(Path("requirements.txt")), re.MULTILINE))

    assert {name for name, least in FLOORS.items() if tuple(map(int, locked[name].split("."))) < least} == set()


@pytest.mark.statement(60)
def test_what_pages_load_is_among_the_listed_parts():
    """Each with the version, the licence and the hash of its file; the Python packages are cyclonedx-bom's part."""
    for part in vendored():
        [file] = [row["file"] for row in json.loads(MANIFEST.read_text("utf-8")) if row["name"] == part["name"]]
        assert part["hashes"][0]["content"] == hashlib.sha384((MANIFEST.parent / file).read_bytes()).hexdigest()
        assert part["purl"].endswith(f"@{part['version']}")
    assert vendored()


@pytest.mark.statement(60)
def test_the_linter_looks_for_weaknesses_and_finds_none():
    """Bandit's rules are on in the gate, none is off for all, and what may be put into SQL is listed above."""
    linter = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["ruff"]["lint"]

    assert "S" in linter["select"]
    assert not [rule for rule in linter.get("ignore", ()) if re.fullmatch(r"S\d*", rule)]
