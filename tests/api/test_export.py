"""``/export/…``: what was filtered, whole, and harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client

from app.core.clock import rfc3339
from app.exports.spreadsheet import csv_text, defused
from app.exports.throttle import AT_ONCE
from app.factory import WebProcess
from app.metrics.series import AT_ONCE as POINTS_AT_ONCE
from app.runtime import open_runtime
from tests.sockets import scraped


@pytest.fixture
def stored(scraper):
    """1,203 items of one job, more than a page, and an error of another."""
    for start in range(0, 1203, 401):
        answer = scraper.post("/api/v1/events", [scraped(data={"n": start + n, "t": "=1+1"}) for n in range(401)])
        assert answer.json["accepted"] == 401
    scraper.post("/api/v1/events", scraped("other", type="error", data={"message": "late, and\r\n“quoted”"}))


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_holds_exactly_what_the_filter_asks_for(stored, reader):
    """All pages, newest first, and no other job's row."""
    answer = reader.get("/export/events.csv?type=item_scraped&job=s1")

    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    found = rows(answer.text)
    assert [json.loads(row["data"])["n"] for row in found] == list(range(1202, -1, -1))
    assert list(found[0]) == ["cursor", "timestamp", "receivedAt", "jobId", "type", "id", "seq", "flags", "data"]


def test_fields_of_the_data_may_be_columns(stored, reader):
    """Each defused on its own; one that an event has not is empty."""
    found = rows(reader.get("/export/events.csv?job=s1&fields=n,t,missing").text)

    assert (found[0]["n"], found[0]["t"], found[0]["missing"]) == ("1202", "'=1+1", "")


def test_a_json_line_is_the_api_s_own_object(stored, reader):
    """Line for line."""
    answer = reader.get("/export/events.jsonl?job=other")

    assert [json.loads(line) for line in answer.text.splitlines()] == reader.json("/api/v1/events?job=other")["items"]


def test_jobs_are_exported_too(stored, reader):
    """In both formats, by the list's filters."""
    assert [(row["id"], row["items"]) for row in rows(reader.get("/export/jobs.csv?q=s1").text)] == [("s1", "1203")]
    assert json.loads(reader.get("/export/jobs.jsonl?q=other").text)["errors"] == 1


def test_other_formats_are_not_found(reader):
    """There is no ``.xls``."""
    assert reader.get("/export/events.xls").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-5",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        "\x00=1",
        "  =1",
        '"=1',
        "'=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\tx",
    ],
)
@pytest.mark.statement(43)
def test_a_text_that_a_spreadsheet_could_run_is_defused(text):
    """By a leading apostrophe."""
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("cell", [-5, 3.5, 0, None, "plain", "a=b", "1-2", "", "|x"])
def test_what_is_harmless_is_left_alone(cell):
    """Real numbers above all."""
    assert defused(cell) == cell


def test_cells_survive_the_way_there_and_back():
    """Quotes, separators and line ends are kept (RFC 4180)."""
    cells = ['say "hi"', "a,b;c", "two\r\nlines", "é夏", "x" * 100_000]

    assert next(csv.reader(io.StringIO(csv_text([cells]), newline=""))) == cells


@pytest.fixture
def figures(scraper):
    """A figure of two places at once, one of which a spreadsheet would run."""
    events = [
        scraped("a", type="metric", data={"values": {"queue": number}, "labels": {"place": place}})
        for number, place in ((4, "=x"), (6, "y"))
    ]
    assert scraper.post("/api/v1/events", events).json["accepted"] == 2


def test_figures_are_a_row_for_each_point(figures, reader):
    """Oldest first, line by line, labels as columns and defused, gaps empty."""
    found = rows(reader.get("/export/metrics.csv?name=queue&by=place&step=1m&from=-5m").text)

    assert list(found[0]) == ["timestamp", "place", "value"]
    assert [(row["place"], row["value"]) for row in found if row["value"]] == [("'=x", "4.0"), ("y", "6.0")]
    assert len(found) in {10, 12}
    assert [row["timestamp"] for row in found] == sorted(row["timestamp"] for row in found[: len(found) // 2]) * 2


def test_figures_can_be_transformed(figures, reader):
    """By the same pipe as on a chart; an error names it."""
    target = "/export/metrics.csv?name=queue&step=1m&from=-5m&transform=groupBy(place) | top(1)"
    found = rows(reader.get(target).text)

    assert list(found[0]) == ["timestamp", "place", "value"]
    assert [(row["place"], row["value"]) for row in found if row["value"]] == [("y", "6.0")]
    assert reader.get("/export/metrics.csv?name=queue&transform=tp").json["field"] == "transform"


def test_figures_as_json_are_the_api_s_own_lines(figures, reader):
    """Line for line."""
    query = "name=queue&by=place&step=1m&from=0&to=600000"
    now = "name=queue&by=place&step=1d&from=-3d"

    answer = reader.get(f"/export/metrics.jsonl?{now}")
    assert [json.loads(line) for line in answer.text.splitlines()] == reader.json(f"/api/v1/metrics?{now}")["series"]
    assert reader.get(f"/export/metrics.jsonl?{query}").text == ""


def test_figures_are_sent_while_they_are_read(scraper, reader):
    """What is measured after the first rows have come is still among the last; the text is that of all the lines."""

    def measured(number: int) -> dict[str, Any]:
        return scraped("a", type="metric", data={"values": {"queue": 1}, "labels": {"place": f"p{number:03}"}})

    scraper.post("/api/v1/events", [measured(number) for number in range(POINTS_AT_ONCE + 5)])
    query = "name=queue&by=place&step=1d&from=-2d&agg=count"

    def text() -> Iterator[str]:
        return (chunk.decode() for chunk in reader.get(f"/export/metrics.csv?{query}").iter_encoded())

    chunks = text()
    begun = next(chunks) + next(chunks)
    scraper.post("/api/v1/events", [measured(0), measured(POINTS_AT_ONCE + 4)])
    told = {row["place"]: row["value"] for row in rows(begun + "".join(chunks)) if row["value"]}
    lines = reader.json(f"/api/v1/metrics?{query}")["series"]
    points = [(rfc3339(at_ms), line["labels"]["place"], value) for line in lines for at_ms, value in line["points"]]

    assert "p000" in begun
    assert (told["p000"], told[f"p{POINTS_AT_ONCE + 4:03}"]) == ("1.0", "2.0")
    assert "".join(text()) == csv_text([("timestamp", "place", "value"), *points])


def test_figures_that_are_none_are_refused(reader):
    """By the field at fault, and by another ending than the two."""
    assert reader.get("/export/metrics.csv?name=unknown").json["field"] == "name"
    assert reader.get("/export/metrics.txt?name=items").status_code == 404


@pytest.mark.statement(57, 63)
def test_exports_are_bounded_by_user(settings, sqlite_url):
    """So many at once, so many in a while; what was read to its end, broken off or refused makes room. Others go on."""
    process = WebProcess(replace(settings, rate_limit_exports=AT_ONCE + 2), open_runtime("threading"))
    served = process.open()
    client = Client(served.app)
    tokens = [process.services.accounts.tokens.create(name, "read")[1] for name in ("one", "two")]

    def ask(token: str = tokens[0], query: str = ""):
        headers = {"Authorization": f"Bearer {token}"}
        return client.get(f"/export/jobs.csv{query}", base_url="http://127.0.0.1:5000", headers=headers)

    assert ask(query="?from=never").status_code == 400
    held = [ask() for _ in range(AT_ONCE)]
    assert [answer.status_code for answer in held] == [200] * AT_ONCE
    refused = ask()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert ask(tokens[1]).text.startswith("id,")
    held[0].close()
    assert held[1].text.startswith("id,")
    last = ask()
    assert (last.status_code, last.text) == (200, held[1].text)
    refused = ask()
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    for answer in held:
        answer.close()
    served.closing()
