"""Series are called by titles that people read; their raw names stay at hand."""

import json

from app.dashboard.titles import TITLES, series_title
from app.metrics.catalogue import METRICS
from tests.dashboard.conftest import House
from tests.dashboard.test_dashboards import made
from tests.dashboard.test_pages import Tags, run
from tests.dashboards.seed import chart, panel


def test_every_metric_has_a_title():
    """And no title is of a metric that there is not."""
    assert TITLES.keys() == METRICS.keys()


def test_titles_tell_metrics_of_a_kind_apart():
    """Two that may stand in one legend are never called the same: those of the house, of hosts, or of jobs."""
    for begin in ("host.", ""):
        names = [str(TITLES[name]) for name in METRICS if name.startswith("host.") == (begin == "host.")]
        assert len(names) == len(set(names))


def test_legends_tables_and_figures_show_titles(house: House):
    """The raw name is in the title attribute of each, and the key of what the script draws and exports."""
    house.send(run())
    both = chart("line", "requests", "requestsFailed")
    data = {"source": "metrics", "transform": "groupBy(source)"}
    page = house.page(
        made(
            house,
            panel("line", options={"chart": both}),
            panel("by", options={"chart": both}, data=data),
            panel("table", "table", options={"chart": both}),
            panel("stats", "stats", options={"chart": both}),
        )
    )
    charts = json.loads(Tags(page).blocks["page"])["charts"]

    assert page.count('title="requestsFailed">Failed requests<') == 3
    assert 'title="requestsFailed ebay.com">Failed requests, ebay.com<' in page
    assert [(one["meta"]["key"], one["name"]) for one in charts["line"]["figure"]["data"]] == [
        ("requests", "Requests"),
        ("requestsFailed", "Failed requests"),
    ]


def test_what_is_compared_is_told_in_words(house: House):
    """The same time of the day before is no label of anybody's."""
    one = panel("one", "stats", data={"source": "metrics", "query": "items", "transform": "compare(yesterday)"})
    house.send(run())

    assert 'title="yesterday">yesterday<' in house.page(made(house, one))


def test_a_metric_of_one_s_own_is_called_what_it_was_named():
    """There is nobody who could have given it another title."""
    assert series_title("shop.carts", {"source": ""}, alone=False) == "shop.carts, –"
