"""A dashboard that is narrowed to a job, a source or a spider: its rows and marks are of those and no others."""

import re

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.test_charts import board, charts_of
from tests.dashboards.seed import chart, panel
from tests.fakes import event

JOBS = {"1": "cards", "10": "vintage cards", "21": "vintage: cards", "3": ""}


@pytest.fixture
def page(house: House) -> str:
    """A dashboard over four jobs of one source and one of another, each of which has started and said a word."""
    told = [("e", name, query) for name, query in JOBS.items()] + [("shop", "s", "cards")]
    for source, name, query in told:
        house.send([event("job_started", name, data={"source": source, **({"query": query} if query else {})})])
        house.send([event("log", name, data={"message": f"said by {name}"}, level=2)])
    return board(
        house,
        panel("jobs", "table", "jobs"),
        panel("said", "log", "events"),
        panel("marked", options={"chart": chart("line", "items")}),
        panel("counted", data={"source": "jobs"}, options={"chart": chart("bar")}),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("job=1", ["1"]),
        ("job=s", ["s"]),
        ("source=shop", ["s"]),
        ("source=e", ["1", "10", "21", "3"]),
        ("spider=e: cards", ["1"]),
        ("spider=e: vintage: cards", ["21"]),
        ("spider=e", ["3"]),
        ("spider=e: vintage cards&job=10", ["10"]),
        ("spider=e: cards&job=21", []),
    ],
)
def test_what_is_named_is_found_exactly(house: House, page: str, query: str, found: list[str]):
    """In tables, logs, marks and counts alike, however alike the names are."""
    text = house.page(f"{page}?marks=1&{query}")
    table, log = (text.split(f'data-panel="{name}"')[1].split("</section>")[0] for name in ("jobs", "said"))
    drawn = charts_of(house, f"{page}?marks=1&{query}")

    assert sorted(re.findall(r'href="/jobs/([^"]+)"', table), key=str) == sorted(found)
    assert sorted(re.findall(r"said by (\w+)", log)) == sorted(found)
    assert sorted(mark["text"].split()[0] for mark in drawn["marked"]["marks"]) == sorted(found)
    assert sum(sum(trace["y"]) for trace in drawn["counted"]["figure"]["data"]) == len(found)


def test_a_panel_finds_events_by_their_words(house: House):
    """As the history does to which it leads."""
    house.send([event("log", data={"message": said}, level=2) for said in ("on time", "sometimes", "TIME out")])
    one = panel("one", "log", data={"source": "events", "query": "time"})
    log = house.page(board(house, one)).split('data-panel="one"')[1]

    assert "on time" in log
    assert "TIME out" in log
    assert "sometimes" not in log
