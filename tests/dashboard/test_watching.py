"""From a chart to a rule: where the link of a chart leads, and what the form begins with."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.dashboard import rule_form
from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import operator, post
from tests.dashboard.test_charts import board
from tests.dashboard.test_rule_pages import FORM
from tests.dashboards.seed import chart, panel
from tests.fakes import event

__all__ = ["operator"]


def links(page: str) -> list[dict[str, str]]:
    """What each link to a new rule fills in, as far as it is anything."""
    found = re.findall(r'href="(/alerts/rules/new\?[^"]+)"', page)
    return [dict(parse_qsl(urlsplit(unescape(one)).query)) for one in found]


@pytest.mark.parametrize(
    ("data", "metric", "scope"),
    [
        ({"query": "items"}, 'items{source="ebay.com"}', "global"),
        ({"query": 'items{source="a"}', "transform": "groupBy(job)"}, 'items{source="a"}', "job"),
        ({"query": "performance.itemsPerSecond"}, 'items{source="ebay.com"}', "global"),
        ({"query": "jobs.active"}, "jobs.active", None),
        ({"query": "queue"}, 'queue{source="ebay.com"}', None),
    ],
)
def test_a_chart_leads_to_a_rule_on_what_it_shows(
    operator: House, data: dict[str, str], metric: str, scope: str | None
):
    """By the labels that the page is narrowed to, and told apart as its lines are."""
    operator.send([event("metric", "", data={"values": {"queue": 1}, "labels": {"source": "ebay.com"}})])
    address = board(operator, panel("one", data={"source": "metrics", **data}, options={"chart": chart("line")}))
    page = operator.page(f"{address}?source=ebay.com")
    assert links(page) == [{"metric": metric} | ({"scope": scope} if scope else {})]


def test_explore_leads_to_a_rule_on_what_was_picked(operator: House):
    """With its labels and what was chosen."""
    page = operator.page('/explore?metric=items&source=a"b&by=job&agg=max')
    assert links(page) == [{"metric": 'items{source="a\\"b"}', "scope": "job", "aggregation": "max"}]


def test_what_is_no_metric_can_t_be_watched(operator: House):
    """Such as how many jobs there were."""
    jobs = panel("jobs", data={"source": "jobs"}, options={"chart": chart("bar")})
    assert links(operator.page(board(operator, jobs))) == []


def test_who_only_reads_is_offered_no_rule(house: House):
    """Neither on a dashboard nor where one explores."""
    address = board(house, panel("one", options={"chart": chart("line", "items")}))
    assert links(house.page(address)) == links(house.page("/explore?metric=items")) == []


def test_what_a_link_leaves_open_is_offered(operator: House):
    """A limit above all that there was in the last day, and the only channel that there is."""
    labels = {"source": "ebay.com"}
    operator.send(
        [event("metric", "", data={"values": {"queue": value}, "labels": labels}) for value in (1_200_000, 0)]
    )
    operator.office.channels.create({"name": "ops", "type": "webhook", "config": {"webhook": "https://a.example/"}})
    page = unescape(operator.page('/alerts/rules/new?metric=queue{source%3D"ebay.com"}&threshold='))
    assert 'id="r-threshold" name="threshold" value="800000"' in page
    assert "above 800,000 over 1 min: warning to ops" in page
    operator.office.channels.create({"name": "b", "type": "webhook", "config": {"webhook": "https://b.example/"}})
    assert "to no channel" in operator.page("/alerts/rules/new?metric=queue&threshold=")


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("12,5 %", 0.125),
        ("0.1", 0.1),
        ("1e3", 1_000),
        ("0.00001", 0.00001),
        ("15000000", 15_000_000),
        ("1.5gb", 1_500_000_000),
        ("-2 kB", -2_000),
    ],
)
def test_a_limit_is_read_as_people_write_it(operator: House, written: str, limit: float):
    """And stands in the form again without an exponent."""
    post(operator, "/alerts/rules/new", **{**FORM, "threshold": written})
    (made,) = [rule for rule in operator.alerts.list_rules() if rule.name == "slow shop"]
    assert made.condition.threshold == limit
    shown = rule_form.filled(made.config)["threshold"]
    assert f'value="{shown}"' in operator.page(f"/alerts/rules/{made.id}")
    assert "e" not in shown


@pytest.mark.parametrize("written", ["GB", "1.2.3", "1e999999999", "nan", "5 %%", "1 TiB"])
def test_a_limit_that_is_no_number_is_refused(operator: House, written: str):
    """At its field."""
    page = post(operator, "/alerts/rules/new", 400, **{**FORM, "threshold": written})
    assert 'id="wrong-threshold" role="alert">must be a number' in page


def test_bytes_are_told_in_their_greatest_unit(operator: House):
    """In the sentence of a rule, and so in all that it says."""
    page = post(
        operator,
        "/alerts/rules/new",
        200,
        **{**FORM, "metric": "resources.bandwidthUsed", "threshold": "1500 MB", "act": "check"},
    )
    assert "When resources.bandwidthUsed at or above 1.5 GB" in page
