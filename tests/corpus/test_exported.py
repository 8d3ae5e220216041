"""What scrapers send, in the files that people take away, over both databases."""

import csv
import io
import json

import pytest

from tests.corpus.asker import Asker
from tests.corpus.house import House

HEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠", " =", '"=', "'=", " \u00a0+", "\u200b=")
CELLS = [
    *(f"{head}cmd|'/c calc'!A1" for head in HEADS),
    'HYPERLINK("http://evil")',
    'a "quoted" cell, of; two\r\nlines',
    "\U0001f600 e\u0301 \u202egpj",
    "x" * 30_000,
]
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.mark.statement(43)
def test_every_cell_is_defused_and_read_back(house: House):
    """No text of any column begins as a formula does, and a reader of CSV finds what was sent (B90, B91)."""
    house.begin()
    marks = house.marks("B90")
    envelopes = [
        marks.fill('{"type":"item_scraped","jobId":"@job","timestamp":@now,"data":')
        + json.dumps({"title": cell, "price": -5, "=1+1": cell[:1_000]})
        + "}"
        for cell in CELLS
    ]
    assert house.by_socket(envelopes)["accepted"] == len(CELLS)
    text = Asker(house.server, house.variables).file(f"/export/events.csv?job={marks.job}&fields=title,price,%3D1%2B1")
    head, *found = csv.reader(io.StringIO(text, newline=""))

    kept = [cell.replace("\x00", "\ufffd") for cell in CELLS]
    assert [row[-3] for row in reversed(found)] == [f"'{cell}" if _runs(cell) else cell for cell in kept]
    assert {row[-2] for row in found} == {"-5"}
    assert head[-1] == "'=1+1"
    assert [cell for row in [head, *found] for cell in row if cell.startswith(RUNS) and cell != "-5"] == []
    house.check(rows=len(CELLS))


def _runs(cell: str) -> bool:
    return cell.lstrip(" \u00a0\"'\t\r\n").startswith(RUNS) or cell.startswith(RUNS)
