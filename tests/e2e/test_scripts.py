"""What pages' scripts compute by themselves agrees with the server and with the calendar."""

from app.api.spreadsheet import csv_text
from tests.e2e.scripts import called, scripted

FORMULAS = (
    "=1+1", "-1+cmd|' /C calc'!A0", " =1+1", "\u00a0=1+1", "\x1f+1", "\x85@a", "\"=1", "'=1", "＝1+1", "－1", "\n1",
    "\t1", "\x001", "plain", "a,b", 'say "hi"', "-5", "é=1", "1-2",
)  # fmt: skip


def test_csv_of_a_chart_is_as_safe_as_the_server_s(browser):
    """Every text that a spreadsheet could run is defused alike; numbers stay numbers."""
    rows: list[list[object]] = [["Time", *FORMULAS], ["2026-11-23T14:32:08Z", -5, 0.25, None]]
    with scripted(browser) as page:
        assert called(page, "csv", "csvText", rows) == csv_text(rows)
