"""Addresses of an application are compiled once a run: that is two thirds of what making an application takes.

Werkzeug compiles two functions a route, which depend on nothing but how the route is written.
"""

import builtins
import marshal
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compiled(folder: Path) -> None:
    """Applications of this process find there what another has compiled, and leave there what they compile."""
    known: dict[str, Builder] = {}
    compile_builder: Callable[[Rule, bool], Builder] = Rule._compile_builder

    def found(rule: Rule, append_unknown: bool = True) -> Builder:
        key = sha256(repr((rule._trace, rule.defaults, rule.rule, append_unknown)).encode()).hexdigest()
        if key not in known:
            file = folder / f"{key}.route"
            known[key] = _read(file) if file.exists() else _written(compile_builder(rule, append_unknown), file)
        return known[key]

    setattr(Rule, "_compile_builder", found)  # noqa: B010  (a method of theirs)


def _read(file: Path) -> Builder:
    name, defaults, code = marshal.loads(file.read_bytes())
    return FunctionType(code, {"__builtins__": builtins}, name, defaults)


def _written(builder: Any, file: Path) -> Builder:
    whole = file.with_suffix(f".{os.getpid()}")
    whole.write_bytes(marshal.dumps((builder.__name__, builder.__defaults__, builder.__code__)))
    whole.rename(file)
    made: Builder = builder
    return made
