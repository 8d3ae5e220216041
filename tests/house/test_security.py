"""What is promised of security is shown, and the sources hold nothing that would break it."""

import ast
import hashlib
import json
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from app.dashboard.vendor import MANIFEST
from docs.sbom import vendored
from docs.statements import STATEMENTS, shown_by
from tests.house import tree

SECRET = re.compile("token|secret|password|digest|signature|csrf")
NO_SECRETS = {
    "app/storage/memory.py": "digests of events",
    "app/storage/redis/draft.py": "digests of events",
    "app/storage/mongo/append.py": "digests of events",
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
    "app/dashboard/job_cells.py": "moments, numbers and what a template has filled",
    "app/dashboard/forms.py": "the pieces of our own templates",
    "app/dashboard/language.py": "texts of our templates and their translations, as Jinja itself takes them",
    "app/dashboard/templates/dashboards/form.html": "what a template has filled, attributes of the form's own",
    "app/dashboard/templates/alerts/rule.html": "attributes of the form's own",
}
SQL_CALLS = {"text", "exec_driver_sql", "execute"}
SQL_PARTS = {
    "app/storage/sql/inserts.py": "one row's places as often as there are rows",
    "app/storage/sql/texts.py": "numbers of our own",
    "app/storage/sql/series.py": "columns and joins by constants of the file",
    "app/storage/sql/removal.py": "the name of a mark, bound",
    "app/storage/sql/database.py": "numbers, and limits by name",
    "app/storage/sql/partitions.py": "tables by name and number, which are the house's own",
    "app/storage/sql/dropping.py": "the same, and the direction of an order",
    "app/storage/sql/vacuum.py": "names of our own tables, and of SQLite's own numbers",
    "app/storage/sql/claim.py": "one of two functions by name",
}
ANYWHERE = "search|sub|subn|split|findall|finditer"
SHORT = 1_000
NOTHING_S = 0.01
STEPS = 8
"""A search that is linear takes eight times as long for eight times the text; a quadratic one sixty-four times."""


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(tree.text(path))) if isinstance(node, ast.Call))


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
        for node in ast.walk(ast.parse(tree.text(path)))
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


@pytest.mark.statement(40)
def test_sql_is_put_together_of_constants():
    """What stands in an f-string of SQL is a constant, or a part that is listed; values are bound."""
    found = {
        _named(path)
        for path in _sources()
        for call in _calls(path)
        if ast.unparse(call.func).rpartition(".")[2] in SQL_CALLS and call.args
        for part in ast.walk(call.args[0])
        if isinstance(part, ast.FormattedValue) and not re.search(r"\b_?[A-Z][A-Z_]+\b", ast.unparse(part.value))
    }

    assert found == set(SQL_PARTS)


def _patterns() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Every pattern that is written in the code, as it is used: at the beginning of a text, or anywhere in it."""
    everything = "\n".join(map(tree.text, _sources()))
    for path in _sources():
        here = tree.text(path)
        lines = here.splitlines()
        for call in _calls(path):
            name, arguments = ast.unparse(call.func), call.args
            if name.startswith("re.") and arguments and isinstance(arguments[0], ast.Constant):
                kept = re.match(r"\s*(\w+)(?:: Final)? = re\.compile", lines[call.lineno - 1])
                uses = rf"\b{kept[1]}\.({ANYWHERE})\(" if kept else rf"re\.({ANYWHERE})"
                used_here = kept and len(re.findall(rf"\b{kept[1]}\b", here)) > 1
                sought = re.search(uses, (here if used_here else everything) if kept else name)
                yield (
                    f"{_named(path)}:{call.lineno}",
                    _look(cast("str | bytes", arguments[0].value), sought=bool(sought)),
                )


def _look(written: str | bytes, *, sought: bool) -> Callable[[str], object]:
    if isinstance(written, bytes):
        in_bytes = re.compile(written)
        return lambda text: (in_bytes.search if sought else in_bytes.match)(text.encode())
    pattern = re.compile(written)
    return pattern.search if sought else pattern.match


def _cost(look: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    look(text)
    return time.process_time() - began


@pytest.mark.statement(42)
def test_no_pattern_is_slow_for_hostile_text():
    """What takes a text eight times as long takes far less than the square of that."""
    pieces = (
        "a",
        " ",
        "0",
        "(",
        '"',
        "\\",
        "/",
        "<a ",
        "a=",
        "1.",
        "at ",
        "\t\n",
        '\\"',
        "é",
        "a.",
        "a:",
        "-",
        "{",
        "://",
        "a@",
    )
    slow = []
    for place, look in _patterns():
        for piece in pieces:
            short, long = (piece * (letters // len(piece)) + "!" for letters in (SHORT, SHORT * STEPS))
            if (cost := _cost(look, long)) > NOTHING_S and cost > 3 * STEPS * min(_cost(look, short) for _ in range(3)):
                slow.append((place, piece))

    assert slow == []


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
