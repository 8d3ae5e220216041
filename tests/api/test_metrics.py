"""``GET /api/v1/metrics``: lines over time, and what is refused."""

import re

import pytest

from tests.sockets import scraped


@pytest.fixture
def stored(scraper):
    """Three items of two jobs, and the user's own figure of the first."""
    events = [
        scraped("a", type="job_started", data={"source": "ebay.com"}),
        scraped("a"),
        scraped("a"),
        scraped("b"),
        scraped("a", type="metric", data={"values": {"queue length": 4}, "labels": {"shop": "x{}"}}),
    ]
    assert scraper.post("/api/v1/events", events).json["accepted"] == 5


def total(answer, place=0):
    return sum(value or 0 for _, value in answer["series"][place]["points"])


def test_lines_are_answered_in_the_shape_of_the_contract(stored, reader):
    """Name, unit, step in ms, and for each line its labels and a point for every step."""
    found = reader.json("/api/v1/metrics?name=items&from=-10m&to=now&step=1m&by=source,job")

    assert (found["name"], found["unit"], found["step"]) == ("items", "count", 60_000)
    assert [line["labels"] for line in found["series"]] == [
        {"source": "", "job": "b"},
        {"source": "ebay.com", "job": "a"},
    ]
    times = [at_ms for at_ms, _ in found["series"][0]["points"]]
    assert times == list(range(times[0], times[0] + len(times) * 60_000, 60_000))
    assert len(times) in {10, 11}
    assert (total(found), total(found, 1)) == (1, 2)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=items", 3),
        ("name=items&job=a", 2),
        ("name=items&source=ebay.com", 2),
        ("name=items&agg=count", 3),
        ("name=items%7Bjob=%22b%22%7D", 1),
        ("name=items&step=1d&from=-30d", 3),
        ("name=queue length", 4),
        ("name=queue length&agg=p95", 4),
        ('name="queue length"{shop="x{}"}', 4),
    ],
)
def test_series_are_chosen_and_combined(stored, reader, query, expected):
    """By job, source or selector, over any span."""
    found = reader.json(f"/api/v1/metrics?{query}")

    assert len(found["series"]) == 1
    assert total(found) == expected


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("name", ""),
        ("name", "name=unknown"),
        ("name", "name=items%7Bjob"),
        ("from", "name=items&from=yesterday"),
        ("from", "name=items&from=now&to=-1h"),
        ("from", "name=items&from=now&to=now"),
        ("from", "name=items&from=0001-01-01T00:00:00Z"),
        ("to", "name=items&to=x"),
        ("step", "name=items&step=x"),
        ("step", "name=items&step=0"),
        ("step", "name=items&step=5s&from=-1d"),
        ("agg", "name=items&agg=median"),
        ("agg", "name=items&agg=p95"),
        ("job", "name=items&job=%00"),
        ("by", "name=items&by=%00"),
    ],
)
@pytest.mark.statement(41)
def test_bad_queries_are_problems_that_name_the_field(stored, reader, field, query):
    """400, ``application/problem+json``."""
    answer = reader.get(f"/api/v1/metrics?{query}")

    assert (answer.status_code, answer.content_type, answer.json["field"]) == (400, "application/problem+json", field)


def test_figures_are_for_readers_only(anyone):
    """401 without a token."""
    assert anyone.get("/api/v1/metrics?name=items").status_code == 401


def test_lines_are_transformed(stored, reader):
    """By a pipe; an error names the word."""
    found = reader.json("/api/v1/metrics?name=items&step=1m&transform=groupBy(source) | scale(10) | top(1)")
    assert [line["labels"] for line in found["series"]] == [{"source": "ebay.com"}]
    assert total(found) == 20

    first = reader.json("/api/v1/metrics?name=items&job=a&transform=compare(lastRun)")
    assert [(line["labels"], total(first)) for line in first["series"]] == [({}, 2)]

    refused = reader.get("/api/v1/metrics?name=items&transform=rate | tp(3)")
    assert (refused.status_code, refused.json["field"]) == (400, "transform")
    assert "at character 8, not tp" in refused.json["detail"]


def test_an_answer_tells_how_long_the_server_took(reader, anyone):
    """In ms, under the name that browsers show; what is refused, and the health checks, tell nothing."""
    told = reader.get("/api/v1/metrics/catalogue").headers["Server-Timing"]

    assert re.fullmatch(r"app;dur=\d+", told)
    assert "Server-Timing" not in anyone.get("/api/v1/metrics/catalogue").headers
    assert "Server-Timing" not in anyone.get("/healthz").headers
