"""What pages' scripts compute by themselves agrees with the server and with the calendar."""

from datetime import UTC, datetime

from playwright.sync_api import Page

from app.dashboard.sparks import area, spark, strip
from app.exports.spreadsheet import csv_text
from tests.e2e.scripts import SHELL, called, scripted

FORMULAS = (
    "=1+1", "-1+cmd|' /C calc'!A0", " =1+1", "\u00a0=1+1", "\x1f+1", "\x85@a", "\"=1", "'=1", "＝1+1", "－1", "\n1",
    "\t1", "\x001", "plain", "a,b", 'say "hi"', "-5", "é=1", "1-2",
)  # fmt: skip


def test_csv_of_a_chart_is_as_safe_as_the_server_s(browser):
    """Every text that a spreadsheet could run is defused alike; numbers stay numbers."""
    rows: list[list[object]] = [["Time", *FORMULAS], ["2026-11-23T14:32:08Z", -5, 0.25, None]]
    with scripted(browser) as page:
        assert called(page, "csv", "csvText", rows) == csv_text(rows)


def test_selectors_are_told_apart_by_the_commas_between_them(browser):
    """A comma within quotes or braces belongs to a name or a label; what is broken, the server tells."""
    listed = ['"queue, length"', 'items{source="a}b, c{", job="x\\"y, z"}', '"a\\", b"{x="1"}', "errors"]
    with scripted(browser) as page:
        assert called(page, "selectors", "split", " , ".join(listed)) == listed
        assert called(page, "selectors", "split", " a,, b , ") == ["a", "b"]
        assert called(page, "selectors", "split", 'items{source="a, b') == ['items{source="a', "b"]
        assert called(page, "selectors", "split", "") == []


def test_a_span_is_written_as_the_server_writes_it(browser):
    """In its two greatest units, and in one where the other would be none: 1 h, not 1 h 0 min."""
    units = {"minutes": "{minutes} min", "hours": "{hours} h", "days": "{days} d"}
    two = {"hoursMinutes": "{hours} h {minutes} min", "daysHours": "{days} d {hours} h"}
    with scripted(browser) as page:
        page.evaluate(
            "shell => { document.getElementById('shell').textContent = JSON.stringify(shell); }",
            {**SHELL, "words": {**units, **two}},
        )
        spans = [60_000, 3_600_000, 3_659_000, 3_660_000, 86_400_000, 90_000_000]
        written = [called(page, "format", "duration", span) for span in spans]

    assert written == ["1 min", "1 h", "1 h", "1 h 1 min", "1 d", "1 d 1 h"]


def timed(page: Page, begin: datetime, hours: list[float], step_ms: int) -> list[list[object]]:
    """How a chart over those hours places and writes each: its place, what that is read as, its words."""
    script = """async ([times, step]) => {
      const { Timeline } = await import("/js/timeline.js");
      const time = new Timeline(times[0], times.at(-1), step);
      return times.map((ms) => [time.place(ms), time.moment(time.place(ms)) === ms, time.write(ms)]);
    }"""
    times = [round(begin.timestamp() * 1_000 + hour * 3_600_000) for hour in hours]
    found: list[list[object]] = page.evaluate(script, [times, step_ms])
    return found


def test_a_chart_goes_by_one_clock(browser):
    """Where an hour comes twice, or never, lines don't fold back and what is written tells the offset from UTC."""
    autumn, spring = datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 3, 29, 0, tzinfo=UTC)
    with scripted(browser, timezone_id="Europe/Berlin") as page:
        twice = timed(page, autumn, [0, 1, 1.5, 2], 60_000)
        never = timed(page, spring, [0, 1, 2], 1_000)
        always = timed(page, spring, [-2, -1.5], 60_000)
        whole_day = timed(page, autumn, [-24, -1], 3_600_000)

    assert twice == [
        ["2026-10-25 00:00:00", True, "00:00 +01:00"],
        ["2026-10-25 01:00:00", True, "01:00 +01:00"],
        ["2026-10-25 01:30:00", True, "01:30 +01:00"],
        ["2026-10-25 02:00:00", True, "02:00 +01:00"],
    ]
    assert [words for _, _, words in never] == ["02:00:00 +02:00", "03:00:00 +02:00", "04:00:00 +02:00"]
    assert [words for _, _, words in always] == ["23:00", "23:30"]
    assert [words for _, _, words in whole_day] == ["2026-10-24 01:00", "2026-10-25 00:00"]


def test_charts_write_numbers_as_the_page_does(browser):
    """By the signs of its language, in French a comma and a narrow space."""
    with scripted(browser) as page:
        assert called(page, "paint", "separators") == ".,"
        assert called(page, "paint", "separators", "fr") == ",\u202f"


def test_small_drawings_are_those_of_the_server(browser):
    """A curve and a strip of runs, to the last decimal, so that nothing moves when a script paints over them."""
    curves: list[list[float]] = [[], [0, 0], [3], [1, 2.5, 0.3], [number * 7 % 11 / 3 for number in range(30)]]
    states = ("completed", "failed", "cancelled", "lost", "running")
    strips: list[list[list[str | int]]] = [
        [],
        [[state, number * 37 % 100] for number, state in enumerate(states * 6)],
        [["failed", 5], ["lost", 3]],
    ]
    with scripted(browser) as page:
        for values in curves:
            curve = called(page, "sparks", "spark", values)
            assert curve == spark(values)
            assert called(page, "sparks", "area", curve) == area(curve)
        for runs in strips:
            assert called(page, "sparks", "strip", runs) == strip(runs)
