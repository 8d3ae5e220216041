"""Every test says what is true."""

import ast
from pathlib import Path

import pytest

from tests.house import tree


@pytest.mark.parametrize("path", [path for path in tree.with_suffix(".py") if path.parts[0] == "tests"], ids=str)
def test_every_test_says_what_is_true(path: Path):
    """A test function has a docstring that is a sentence, and a module of the tests says what it is about."""
    module = ast.parse(tree.text(path))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    silent = [
        node.name
        for node in functions
        if node.name.startswith("test_") and not (ast.get_docstring(node) or "").rstrip().endswith((".", "!", "?"))
    ]

    assert silent == []
    assert ast.get_docstring(module) or not module.body
