"""Regular expressions are the code's own, and none of them takes long, whatever text it is given."""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from app.alerts.silences import Matcher
from app.core.redaction import Redactor
from app.dashboard.marking import pattern
from app.storage.words import read_search
from tests.house import tree

MADE: Final = {
    "app/core/redaction.py": "the server's own secrets, escaped",
    "app/core/said.py": "sentences of the code, escaped",
    "app/dashboard/marking.py": "what was searched for, escaped",
    "app/dashboard/quiet.py": "sentences of the file",
}
"""Where one is made while the server runs, and of what."""
STEMS: Final = "f'^{term.words[-1]}'"
"""The one text that MongoDB is given as a pattern unescaped: a word, which has no sign in it."""
ANYWHERE: Final = "search|sub|subn|split|findall|finditer"
SHORT: Final = 1_000
NOTHING_S: Final = 0.01
STEPS: Final = 8
"""A search that is linear takes eight times as long for eight times the text; a quadratic one sixty-four times."""
PIECES: Final = (
    "a", " ", "0", "(", '"', "\\", "/", "<a ", "a=", "1.", "at ", "\t\n", '\\"', "é", "a.", "a:", "-", "{", "://", "a@",
    "'", ",", "password=", "\ue000", "夏", "aA",
)  # fmt: skip
GREEDY: Final = "(a+)+$"
LONG: Final = "a" * 50_000 + "!"
Look = Callable[[Any], object]


def _sources() -> list[Path]:
    found = [path for path in tree.with_suffix(".py") if path.parts[0] in {"app", "scrapewatch"}]
    return [path for path in found if re.search(r"^import re$", tree.text(path), re.MULTILINE)]


def _calls(node: ast.AST) -> list[ast.Call]:
    """Calls of `re` that are given a pattern."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and each.args]
    return [call for call in calls if re.fullmatch(r"re\.(?!escape$)\w+", ast.unparse(call.func))]


def _functions(path: Path) -> list[ast.Call]:
    """Those within functions, which are made while the server runs."""
    module = tree.parsed(path)
    inside = [each for each in ast.walk(module) if isinstance(each, ast.FunctionDef | ast.Lambda)]
    return list({call.lineno: call for function in inside for call in _calls(function)}.values())


def _kept(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _kept(each)
    elif isinstance(value, dict):
        yield from _kept([*value, *value.values()])


def _looks(path: Path) -> Iterator[tuple[str, re.Pattern[Any], Look]]:
    """Every pattern of a source, as it is used: at the beginning of a text, or anywhere in it."""
    here = tree.text(path)
    module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    for name, value in vars(module).items():
        if not (patterns := list(_kept(value))):
            continue
        used_here = len(re.findall(rf"\b{name}\b", here)) > 1
        is_sought = not isinstance(value, re.Pattern) or re.search(
            rf"\b{name}\.({ANYWHERE})\(", here if used_here else "\n".join(map(tree.text, _sources()))
        )
        for found in patterns:
            yield f"{path.as_posix()}: {name}", found, found.search if is_sought else found.match
    for call in _functions(path):
        if isinstance(written := call.args[0], ast.Constant):
            found = re.compile(str(written.value))
            is_sought = re.fullmatch(rf"re\.({ANYWHERE})", ast.unparse(call.func))
            yield f"{path.as_posix()}:{call.lineno}", found, found.search if is_sought else found.match


def _cost(look: Look, text: str | bytes) -> float:
    began = time.process_time()
    look(text)
    return time.process_time() - began


def _is_slow(found: re.Pattern[Any], look: Look, piece: str) -> bool:
    texts = [piece * (letters // len(piece)) + "!" for letters in (SHORT, SHORT * STEPS)]
    short, long = [text.encode() for text in texts] if isinstance(found.pattern, bytes) else texts
    cost = _cost(look, long)
    return cost > NOTHING_S and cost > 3 * STEPS * min(_cost(look, short) for _ in range(3))


@pytest.mark.statement(42)
def test_no_pattern_is_slow_for_hostile_text():
    """What takes a text eight times as long takes far less than the square of that."""
    looks = {
        (found.pattern, found.flags, look.__name__): (at, found, look)
        for path in _sources()
        for at, found, look in _looks(path)
    }
    slow = [(at, piece) for at, found, look in looks.values() for piece in PIECES if _is_slow(found, look, piece)]

    assert slow == []


@pytest.mark.statement(42)
def test_every_pattern_is_the_code_s_own():
    """One that is made while the server runs is listed with what it is made of; each of the others was looked at."""
    made = {
        path.as_posix()
        for path in _sources()
        for call in _functions(path)
        if not isinstance(call.args[0], ast.Constant)
    }
    looked_at = {found.pattern for path in _sources() for _, found, _ in _looks(path)}
    written = {
        call.args[0].value
        for path in _sources()
        for call in _calls(tree.parsed(path))
        if isinstance(call.args[0], ast.Constant)
    }

    assert made == set(MADE)
    assert written <= looked_at


@pytest.mark.statement(42)
def test_no_database_is_handed_a_pattern():
    """MongoDB knows patterns alone: what was searched for stands in them escaped; SQL is asked for none."""
    handed = {
        ast.unparse(value)
        for path in tree.with_suffix(".py")
        if path.parts[0] == "app"
        for each in ast.walk(tree.parsed(path))
        if isinstance(each, ast.Dict)
        for key, value in zip(each.keys, each.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in {"$regex", "$regexMatch", "$where"}
    }
    in_sql = [
        path for path in tree.with_suffix(".py") if "regexp" in tree.text(path) and path.parts[:2] == ("app", "storage")
    ]

    assert handed
    assert {each for each in handed if "re.escape(" not in each} == {STEMS}
    assert in_sql == []


@pytest.mark.statement(42)
def test_a_pattern_that_somebody_hands_over_is_a_text():
    """In a search, in a silence, and as a secret that is to be taken out; a silence's stars cost little."""
    sought = pattern(read_search(f'"{GREEDY}"'), by_words=False)
    assert sought
    assert sought.search(LONG) is None
    assert sought.search(f"say {GREEDY}")
    for value in (GREEDY, "*a" * 50 + "b", "[a" + "*a" * 50):
        assert not Matcher("job", "~", value).matches({"job": LONG})
    cleared = Redactor(own=[GREEDY * 3]).line(f"{LONG} {GREEDY * 3}")
    assert LONG in cleared
    assert GREEDY not in cleared
