"""Every test says what is true."""

import ast

from tests.house import tree


def test_every_test_says_what_is_true():
    """A test function has a docstring that is a sentence, and a module of the tests says what it is about."""
    modules = {path: ast.parse(tree.text(path)) for path in tree.with_suffix(".py") if path.parts[0] == "tests"}
    silent = [
        f"{path}: {node.name}"
        for path, module in modules.items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) or "").rstrip().endswith((".", "!", "?"))
    ]

    assert silent == []
    assert [path for path, module in modules.items() if module.body and not ast.get_docstring(module)] == []
