"""What has nothing to draw says so, and what would fill it."""

import json
import re

from tests.dashboard.conftest import House
from tests.dashboard.test_dashboards import made
from tests.dashboard.test_pages import Tags
from tests.dashboards.seed import chart, panel
from tests.fakes import NOW_MS, event


def blank(page: str, name: str) -> bool:
    """Whether the page's chart of that id is blank."""
    found = re.search(rf'panel-body( is-blank)?"><div class="chart" id="{name}"', page)
    assert found
    return bool(found[1])


def test_a_job_without_requests_says_so(house: House):
    """Its items are drawn all the same."""
    house.send([event("job_started"), event("item_scraped")])
    page = house.page("/jobs/123")

    assert (blank(page, "rate"), blank(page, "requests")) == (False, True)
    assert "No request and no error was reported" in page


def test_a_job_s_errors_are_drawn_without_requests(house: House):
    """They stand in the same chart."""
    house.send([event("job_started"), event("error", data={"message": "no price"})])

    assert not blank(house.page("/jobs/123"), "requests")


def test_a_young_overview_says_what_will_come(house: House):
    """Rather than to draw zeros of a time in which nothing was measured."""
    house.send([event("job_queued")])
    page = house.page("/")
    assert (blank(page, "items"), blank(page, "host")) == (True, True)

    house.send([event("item_scraped")])
    assert not blank(house.page("/"), "items")


def test_a_line_begins_where_something_was_measured(house: House):
    """What was before is not known to have been nothing."""
    house.send([event("job_started", at_ms=NOW_MS - 300_000, data={"source": "ebay.com"})])
    house.send([event("item_scraped", at_ms=NOW_MS - 300_000)])
    items = json.loads(Tags(house.page("/?range=15m")).blocks["page"])["charts"]["items"]
    trace, rest = items["figure"]["data"]

    assert trace["x"][0] <= NOW_MS - 300_000 - items["step"] < trace["x"][1]
    assert (trace["y"][0], trace["y"][1] > 0) == (0, True)
    assert len(trace["x"]) == len(trace["y"]) == len(rest["y"])


def test_progress_that_was_never_told_is_told_by_the_job_s_state(house: House):
    """What may still come of one that runs never will of one that has ended."""
    house.send([event("job_started", job) for job in ("runs", "ended")])
    house.send([event("job_completed", "ended")])

    assert "The scraper has not said how much there is to do" in house.page("/jobs/runs")
    ended = house.page("/jobs/ended")
    assert "The scraper reported no progress" in ended
    assert ">The scraper has not said" not in ended
    assert '"The scraper has not said' not in ended.split('<script type="application/json"')[0]


def test_a_chart_without_lines_says_what_would_be_drawn(house: House):
    """In place of empty axes."""
    one = panel("one", options={"chart": chart("line", "proxy.requests", "items")}, data={"source": "metrics"})
    page = house.page(made(house, one))

    assert "Nothing was measured in this time" in page
    assert "Requests of proxies, Items" in page
    assert "data-own" not in page
