"""SQL is put together of what the code itself says: what somebody has sent is bound, and part of no statement."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.house import tree

TEXTS: Final = {"text", "exec_driver_sql", "literal_column", "DDL"}
"""Whatever these are given is SQL."""
EITHER: Final = {"execute", "executemany", "executescript", "scalar", "scalars"}
"""These take SQL, too, where they are a driver's."""
OF_SQL: Final = ("sqlalchemy", "sqlite3", "psycopg")
NUMBERS: Final = {"len", "int", "range", "max", "min"}
PARTS: Final[dict[str, dict[str, str]]] = {
    "app/storage/sql/claim.py": {"self._lock": "one of two functions by name"},
    "app/storage/sql/copies.py": {"sql": "a question of this file, handed on"},
    "app/storage/sql/database.py": {
        "begin": "one of two words, told by the file itself",
        "limits.items()": "limits in ms, by name, told by the file itself",
    },
    "app/storage/sql/dropping.py": {"map(partition.of, PARENTS)": "tables by name and number"},
    "app/storage/sql/emptying.py": {"map(partition.of, PARENTS)": "tables by name and number"},
    "app/storage/sql/events_tables.py": {"where": "conditions of indexes"},
    "app/storage/sql/inserts.py": {"statement": "constants of those who call it, and names of our own tables"},
    "app/storage/sql/job_lists.py": {
        "enumerate(found)": "places in a list",
        "connection.exec_driver_sql(' UNION ALL '.join(each), values).cursor.fetchall()": "the same, as they come back",
        "limit": "a whole number",
    },
    "app/storage/sql/jobs_rows.py": {
        "_update_from_json(names, connection.dialect)": "columns and their types",
        "names": "columns",
    },
    "app/storage/sql/partitions.py": {
        "parent": "one of two tables",
        "partition.low or 'MINVALUE'": "a whole number",
        "partition.of(parent)": "a table by name and number",
        "partition.high": "a whole number",
    },
    "app/storage/sql/searching.py": {"index_of_words.found_sql(dialect)": "one of two constants"},
    "app/storage/sql/series.py": {"columns": "by constants of the file"},
    "app/storage/sql/texts.py": {"map(str, cursors)": "whole numbers"},
    "app/storage/sql/vacuum.py": {"name": "of our own tables, and of SQLite's own numbers"},
}
"""What else stands in a statement, and why nobody can have said it."""
Function = ast.FunctionDef
WHOLES = ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.Tuple | ast.List | ast.Starred
"""What is made of all that stands in it."""


class Module:
    """The source of a module, as far as SQL is put together in it."""

    def __init__(self, parsed: ast.Module) -> None:
        self.tree = parsed
        self.functions = {each.name: each for each in self.tree.body if isinstance(each, Function)}
        given = [each for each in self.tree.body if isinstance(each, ast.Assign | ast.AnnAssign)]
        imported = [alias.name for each in self.tree.body if isinstance(each, ast.ImportFrom) for alias in each.names]
        self.constants = {name for each in given for name, _ in _assigned(each)}
        """What is made when the module is loaded, before anybody is heard."""
        self.constants |= {name for name in imported if name.isupper()}

    def foreign(self) -> set[str]:
        """What is no constant in its SQL."""
        inside = {id(each): one for one in ast.walk(self.tree) if isinstance(one, Function) for each in ast.walk(one)}
        found: set[str] = set()
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call) and call.args:
                scope = Scope(self, inside.get(id(call), self.tree))
                name = ast.unparse(call.func).rpartition(".")[2]
                if name in TEXTS or (name in EITHER and scope.is_text(call.args[0])):
                    found.update(scope.foreign(call.args[0]))
        return found


class Scope:
    """What names stand for in a function."""

    def __init__(self, module: Module, node: ast.AST) -> None:
        self.module = module
        self.values: dict[str, list[ast.expr]] = {}
        for each in ast.walk(node):
            for name, value in _assigned(each):
                self.values.setdefault(name, []).append(value)

    def is_text(self, said: ast.expr) -> bool:
        """Whether it is a text that is put together here, and no statement of SQLAlchemy's own making."""
        if isinstance(said, ast.Name):
            return any(self.is_text(value) for value in self.values.get(said.id, []))
        made = isinstance(said, ast.Call) and isinstance(said.func, ast.Attribute) and said.func.attr == "format"
        return made or isinstance(said, ast.JoinedStr | ast.BinOp | ast.Constant)

    def foreign(self, said: ast.AST) -> Iterator[str]:
        """The parts of an expression that are no constants."""
        parts = self._parts(said)
        if parts is None:
            yield ast.unparse(said)
        for part in parts or ():
            yield from self.foreign(part)

    def _parts(self, said: ast.AST) -> Sequence[ast.AST] | None:
        """What it is put together of; None for what somebody may have said."""
        parts: Sequence[ast.AST] | None = None
        match said:
            case ast.Constant() | ast.Compare():
                parts = ()
            case ast.Name(id=name):
                parts = self._meant(name)
            case ast.Call():
                parts = self._called(said)
            case ast.Subscript(value=ast.Name(id=name)):
                parts = () if name in self.module.constants else None
            case ast.IfExp(body=body, orelse=orelse):
                parts = (body, orelse)
            case ast.GeneratorExp(elt=part) | ast.ListComp(elt=part):
                parts = (part,)
            case _ if isinstance(said, WHOLES):
                parts = [part for part in ast.iter_child_nodes(said) if isinstance(part, ast.expr)]
        return parts

    def _meant(self, name: str) -> Sequence[ast.AST] | None:
        if name in self.values:
            values, self.values[name] = self.values[name], []
            return values
        return () if name in self.module.constants else None

    def _called(self, call: ast.Call) -> Sequence[ast.AST] | None:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        match call.func:
            case ast.Attribute(attr="join" | "format", value=pattern):
                return [pattern, *arguments]
            case ast.Name(id=name) if name in NUMBERS:
                return ()
            case ast.Name(id=name) if name in self.module.functions:
                return self._returned(self.module.functions[name], call)
        return None

    def _returned(self, function: Function, call: ast.Call) -> Sequence[ast.AST] | None:
        """What a function of the module is given, as far as it returns that, if it returns nothing else."""
        given = dict(zip([each.arg for each in function.args.args], call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        scope = Scope(self.module, function)
        returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value]
        used = [part for value in returned for part in scope.foreign(value)]
        return [given[part] for part in used] if given.keys() >= set(used) else None


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names, and what they are given by a statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _each(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _each(target, value)
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield from _each(target, value)


def _each(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        for branch in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
            fits = isinstance(branch, ast.Tuple) and len(branch.elts) == len(target.elts)
            for place, one in enumerate(target.elts):
                yield from _each(one, branch.elts[place] if fits and isinstance(branch, ast.Tuple) else branch)


def _speaking() -> list[Path]:
    """Sources that speak to a database of SQL."""
    spoken = [f"{word} {name}" for word in ("import", "from") for name in OF_SQL]
    sources = [path for path in tree.with_suffix(".py") if path.parts[0] in {"app", "scrapewatch"}]
    return [path for path in sources if any(each in tree.text(path) for each in spoken)]


@pytest.mark.statement(40)
def test_sql_is_put_together_of_constants():
    """What stands in a statement is a constant, or a part that is listed with the reason; values are bound."""
    found = {path.as_posix(): parts for path in _speaking() if (parts := Module(tree.parsed(path)).foreign())}

    assert found == {path: set(parts) for path, parts in PARTS.items()}
