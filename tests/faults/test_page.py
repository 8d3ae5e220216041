"""The printed page is about the tests that there are."""

import re

from tests.faults import report
from tests.house import tree


def test_every_fault_has_its_line_and_every_line_its_test():
    """Whoever adds, renames or removes a fault prints the page anew: `make faults`."""
    sources = {path.name: tree.text(path) for path in tree.files() if path.match("tests/faults/test_*.py")}
    marked = {number for text in sources.values() for number in re.findall(r"mark\.fault\(\s*\"([^\"]+)\"", text)}
    lines = report.read()
    tests = [re.split(r"::|\[", line.test)[:2] for line in lines]

    assert {line.number for line in lines} == marked
    assert [name for file, name in tests if f"def {name}(" not in sources[file]] == []
