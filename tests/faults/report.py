"""The table of faults: which test answers for which, what must hold, and what was measured."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.server import ROOT

PAGE: Final = ROOT / "docs" / "faults.md"
HEAD: Final = """# Faults

What is killed, cut, filled and corrupted on purpose, and what then holds. Everything is real: the server runs by its
Procfile line, scrapers are processes of their own that note each event in a ledger before they emit it, networks fail
in a proxy between the two, and an oracle compares the ledgers with the database. Lost are events whose `emit` returned
and that are neither stored nor counted as dropped; miscounted are job counters and minutes of roll-ups that differ from
a recount.

`make faults` repeats all of it in the long form and prints this page; the short form is part of `make test`, and a
figure that comes from it says so.

"""


@dataclass(frozen=True)
class Line:
    """A fault's line of the table."""

    number: str
    fault: str
    expected: str
    test: str
    measured: str

    @property
    def place(self) -> tuple[str, int, str]:
        """Where it stands: by its group, then by its number."""
        group, _, rest = self.number.partition("-")
        found = re.match(r"\d+", rest)
        return group, int(found[0]) if found else 0, self.test


def table(lines: list[Line]) -> str:
    """The lines as Markdown."""
    head = ["| | fault | must hold | measured | test |", "| --- | --- | --- | --- | --- |"]
    rows = [
        f"| {line.number} | {line.fault} | {line.expected} | {line.measured} | `{_short(line.test)}` |"
        for line in sorted(lines, key=lambda line: line.place)
    ]
    return "\n".join(head + rows) + "\n"


def summary(lines: list[Line]) -> str:
    """What was measured, for a terminal."""
    return "".join(f"{line.number:5} {line.measured}\n" for line in sorted(lines, key=lambda line: line.place))


def write(lines: list[Line], page: Path = PAGE) -> None:
    """Print the page; a test that was not run keeps its line."""
    new = {_short(line.test) for line in lines}
    kept = [line for line in read(page) if line.test not in new]
    page.write_text(HEAD + table([*kept, *lines]), encoding="utf-8")


def read(page: Path = PAGE) -> list[Line]:
    """The lines of the printed page."""
    rows = re.findall(
        r"^\| (\S+) \| (.+?) \| (.+?) \| (.+?) \| `(.+?)` \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [Line(number, fault, expected, test, measured) for number, fault, expected, measured, test in rows]


def _short(test: str) -> str:
    return test.removeprefix("tests/faults/")
