"""Rows as CSV that a spreadsheet shows and never runs.

A text that begins like a formula is given a leading apostrophe (ASVS 5.0, 1.2.10). The wide forms count too, since
some programs take them for the plain ones, and so do blanks and quotes in front. Numbers are left alone: -5 stays -5.
"""

import csv
import io
import re
from collections.abc import Iterable

_RUNS = re.compile(r"[\s\"'\x00]*[=+\-@＝＋－＠]|[\t\r\n\x00]")


def defused(cell: object) -> object:
    """The cell as it may stand in a CSV file; True and None as ``true`` and nothing."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float) or cell is None:
        return cell
    text = str(cell)
    return f"'{text}" if _RUNS.match(text) else text


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as RFC 4180 text with CRLF ends."""
    out = io.StringIO()
    csv.writer(out).writerows([defused(cell) for cell in row] for row in rows)
    return out.getvalue()
