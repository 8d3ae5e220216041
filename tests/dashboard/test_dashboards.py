"""Dashboards as pages, rendered over real stores."""

import json
import re
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace

from app.dashboard.panels import PANELS, rows
from app.dashboards.config import CHARTS, SOURCES, TYPES
from tests.dashboard.conftest import House
from tests.dashboard.test_pages import HOSTILE, Tags, run
from tests.dashboards.seed import chart, config, full, panel
from tests.fakes import NOW_MS, event


def made(house: House, *panels: dict[str, Any], **more: Any) -> str:
    """The address of a new dashboard."""
    return f"/dashboards/{house.dashboards.create(config(*panels, **more)).id}"


def test_every_type_of_panel_has_its_row():
    """What a configuration may name is what can be shown."""
    assert tuple(PANELS) == TYPES


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", CHARTS)
def test_every_panel_shows_every_source(house: House, type_: str, source: str, kind: str):
    """Without a fault, with data and without."""
    data = {"source": source, **({"query": "performance.itemsPerSecond"} if source == "metrics" else {})}
    page = made(house, panel("one", type_, source, data=data, options={"chart": chart(kind)}))
    before = house.page(page)
    house.send(run())

    for shown in (before, house.page(page), house.page(f"{page}?from=-24h&source=ebay.com&job=123&spider=x")):
        assert "can&#39;t be shown" not in shown
        assert 'data-panel="one"' in shown


def test_a_dashboard_with_everything_is_shown(house: House):
    """Each panel in its frame, each chart as a figure, the running job in its table."""
    house.send(run())
    tags = Tags(page := house.page(f"/dashboards/{house.dashboards.create(full()).id}"))
    data = json.loads(tags.blocks["page"])

    frames = [one["data-panel"] for one in tags.all("section") if one.get("data-panel")]
    assert frames == ["line", "bar", "gauge", "jobs", "rate", "events"]
    assert {name: one["kind"] for name, one in data["charts"].items()} == {
        "line": "line",
        "bar": "bar",
        "gauge": "gauge",
    }
    assert data["dashboard"]["layout"] == full()["layout"]
    assert "no price" in page
    assert 'data-theme="dark"' in page
    assert not [one for _, attributes in tags.found for one in attributes if one == "style"]


def test_a_panel_that_can_t_be_shown_says_so_in_its_place(house: House):
    """The others are not touched by it."""
    good = panel("good", "stats", data={"source": "metrics", "query": "jobs.active"})
    bad = panel("bad", "stats", data={"source": "metrics", "query": "jobs.active"}, options={"aggregation": "median"})
    page = house.page(made(house, good, bad))

    assert page.count("This panel can") == 1
    assert "must be one of avg" in page


def test_markup_in_a_dashboard_is_text(house: House):
    """In its name, its titles, ids, labels and the names of its colours."""
    one = panel(HOSTILE, title=HOSTILE, options={"chart": chart(), HOSTILE: HOSTILE})
    one["options"]["chart"]["display"].update(title=HOSTILE, axes={"x": {"label": HOSTILE}, "y": {"label": HOSTILE}})
    whole = config(one, name=HOSTILE)
    whole["theme"]["colors"] = {HOSTILE: "#ff0000"}
    created = house.dashboards.create(whole)
    tags = Tags(house.page(f"/dashboards/{created.id}"))

    assert json.loads(tags.blocks["page"])["dashboard"]["layout"]["panels"][0]["title"] == HOSTILE
    assert all(attributes.get("src") or attributes.get("type") for attributes in tags.all("script"))
    assert HOSTILE not in house.page("/dashboards")


def test_panels_are_asked_for_together(house: House):
    """Those named and no others, each with what stands in it and with its figure."""
    page = f"/dashboards/{house.dashboards.create(full()).id}"
    house.send(run())
    answer = json.loads(house.page(f"{page}/panels?id=bar&id=jobs&id=none"))

    assert set(answer["panels"]) == {"bar", "jobs"}
    assert answer["panels"]["bar"]["chart"]["figure"]["data"][0]["type"] == "bar"
    assert "ebay.com" in answer["panels"]["jobs"]["html"]


def test_panels_beyond_the_first_are_filled_when_they_are_seen(house: House):
    """A hundred panels cost no more at first than a few."""
    many = [panel(f"p{n}", "log", "events") for n in range(100)]
    data = json.loads(Tags(house.page(made(house, *many))).blocks["page"])

    assert len(data["empty"]) == 84
    assert data["empty"][0] == "p16"


@pytest.mark.parametrize("query", ["from=yesterday", "from=now&to=-1h", "to=x", "job=%00"])
def test_a_bad_span_is_told(house: House, query: str):
    """By a page that says what is wrong."""
    assert "must" in house.page(f"{made(house)}?{query}", 400)


def test_an_unknown_dashboard_is_not_found(house: House):
    """As a page."""
    house.page("/dashboards/none", 404)


@pytest.mark.parametrize("name", ["overview", "job", "workers", "traffic", "system"])
def test_those_that_come_along_are_shown(house: House, name: str):
    """Every panel of each has something to show or says that there is nothing."""
    house.send(run())

    assert "This panel can" not in house.page(f"/dashboards/{name}")
    assert f'href="/dashboards/{name}"' in house.page("/dashboards")


def figures(house: House, **data: str) -> str:
    """What a panel of figures over the last hour shows."""
    one = panel("one", "stats", data={"source": "metrics", **data})
    return unescape(
        re.sub(r"<[^>]+>|\s+", " ", house.page(made(house, one)).split("data-body>")[1].split("</section>")[0])
    )


@pytest.mark.parametrize(
    ("query", "transform", "told"),
    [
        ("items", "", ["1"]),
        ('items{source="ebay.com"}', "", ["1"]),
        ('items{source="none"}', "", ["–"]),
        ("requests", "groupBy(source)", ["10", "ebay.com"]),
        ("requests", "scale(2)", ["20"]),
        ("items", "compare(yesterday)", ["1", "yesterday"]),
    ],
)
def test_a_query_and_its_transform_are_done(house: House, query: str, transform: str, told: list[str]):
    """By the store, then step by step."""
    house.send(run())
    shown = figures(house, query=query, transform=transform)

    assert all(text in shown.split() for text in told), shown


def test_items_per_second_of_a_source_are_made_of_its_items(house: House):
    """The figure itself is of the whole house."""
    house.send([replace(one, at_ms=NOW_MS - 60_000) for one in run()])
    one = panel(
        "one",
        options={"chart": chart()},
        data={"source": "metrics", "query": 'performance.itemsPerSecond{source="ebay.com"}'},
    )
    line = json.loads(Tags(house.page(made(house, one))).blocks["page"])["charts"]["one"]

    assert sum(value * line["step"] / 1_000 for value in line["figure"]["data"][0]["y"] if value) == pytest.approx(1)


def test_a_run_is_compared_with_the_one_before_it(house: House):
    """Both begin at the same place; without a job to compare, the panel says what it needs."""
    house.send([event("job_started", "first", at_ms=NOW_MS - 1_200_000, data={"source": "ebay.com", "query": "cards"})])
    house.send([event("item_scraped", "first", at_ms=NOW_MS - 1_100_000) for _ in range(3)])
    house.send([event("job_started", "second", at_ms=NOW_MS - 600_000, data={"source": "ebay.com", "query": "cards"})])
    house.send([event("item_scraped", "second", at_ms=NOW_MS - 590_000)])
    one = panel(
        "one", options={"chart": chart("bar", "items")}, data={"source": "metrics", "transform": "compare(lastRun)"}
    )
    page = made(house, one)
    drawn = json.loads(Tags(house.page(f"{page}?job=second")).blocks["page"])["charts"]["one"]["figure"]["data"]

    assert [(trace["name"], sum(value or 0 for value in trace["y"])) for trace in drawn] == [
        ("Items", 1),
        ("last run", 3),
    ]
    assert drawn[1]["meta"]["token"] == "--text-faint"
    assert "needs a query of one job" in unescape(house.page(page))


def test_all_rows_of_a_span_are_counted(house: House, monkeypatch: pytest.MonkeyPatch):
    """However many; of more than can be counted the newest, which the panel says."""
    times = [NOW_MS - 3_000_000 + n * 1_000 for n in range(2_500)]
    house.send([event("log", at_ms=at_ms, level=1 if n % 5 else 4) for n, at_ms in enumerate(times)])
    page = made(
        house,
        panel("bars", data={"source": "events", "query": "type:log"}, options={"chart": chart("bar")}),
        panel("figures", "stats", data={"source": "events", "query": "level:critical"}),
    )

    def drawn() -> dict[str, float]:
        charts = json.loads(Tags(house.page(page)).blocks["page"])["charts"]
        return {trace["name"]: sum(trace["y"]) for trace in charts["bars"]["figure"]["data"]}

    assert drawn() == {"Critical": 500, "Info": 2_000}
    assert "500" in house.page(page).split('data-panel="figures"')[1]
    assert "Shows the newest" not in house.page(page)
    monkeypatch.setattr(rows, "MOST_COUNTED", 1_500)
    assert drawn() == {"Critical": 300, "Info": 1_200}
    assert "Shows the newest 1,500 of at most 2,500." in house.page(page)


FIRST = "There is no earlier run to compare with."


@pytest.mark.parametrize("type_", TYPES)
def test_a_first_run_is_shown_alone(house: House, type_: str):
    """Its panel says calmly that there is nothing to compare it with, whatever its type."""
    house.send(run())
    data = {"source": "metrics", "query": "items", "transform": "compare(lastRun)"}
    one = panel("one", type_, data=data, options={"chart": chart("line", "items")})
    page = house.page(f"{made(house, one)}?job=123")

    assert FIRST in page
    assert "can&#39;t be shown" not in page
    assert FIRST not in house.page(f"{made(house, panel('two', type_, options={'chart': chart()}))}?job=123")


def test_a_first_run_is_explored_alone(house: House):
    """With its line, and the same words, on the chart and on the table."""
    house.send(run())
    query = "metric=items&job=123&transform=compare(lastRun)"
    panels = json.loads(house.page(f"/explore/panels?id=chart&id=table&{query}"))["panels"]

    assert [FIRST in one["html"] for one in panels.values()] == [True, True]
    assert [sum(value or 0 for value in trace["y"]) for trace in panels["chart"]["chart"]["figure"]["data"]] == [1]


def test_a_metric_is_explored(house: House):
    """By its labels, grouped and transformed; as a chart and as a table, with what may be chosen."""
    house.send(run())
    page = house.page("/explore?metric=requests&by=source&transform=scale(2)&kind=bar")
    data = json.loads(Tags(page).blocks["page"])

    assert data["panel"]["data"] == {
        "source": "metrics",
        "query": "requests",
        "transform": "groupBy(source) | scale(2)",
    }
    assert [sum(value or 0 for value in trace["y"]) for trace in data["charts"]["chart"]["figure"]["data"]] == [20]
    assert "ebay.com" in page
    assert json.loads(house.page("/explore/panels?id=table&metric=requests"))["panels"].keys() == {"table"}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("metric=no.such", "no.such"),
        ("transform=guess", "guess"),
        ("agg=median", "must be one of avg"),
        ("kind=pie", "must be one of line"),
        ("metric=%3Cscript%3E", "&lt;script&gt;"),
        ("metric=%00", "must be text"),
    ],
)
def test_what_can_t_be_explored_is_told(house: House, query: str, told: str):
    """On the page, which stays as it is."""
    page = house.page(f"/explore?{query}")

    assert told in page
    assert 'name="metric"' in page


@pytest.mark.parametrize("query", ["transform=guess", "by=source&transform=guess"])
def test_what_is_wrong_is_told_by_its_place_in_the_field(house: House, query: str):
    """Whatever else was chosen beside it; what was chosen is shown without it."""
    page = house.page(f"/explore?metric=requests&{query}")

    assert "at character 1, not guess" in page
    assert "can&#39;t be shown" not in page
    assert "<h2" in page


def test_what_happened_is_marked(house: House):
    """Where the page asks for it: starts, failures and alerts within the chart's span, as text."""
    house.send([event("job_started", at_ms=NOW_MS - 60_000, data={"source": HOSTILE})])
    house.send([event("job_failed", at_ms=NOW_MS - 30_000, data={"reason": "blocked"})])
    house.send([event("job_started", "old", at_ms=NOW_MS - 90_000_000)])
    page = made(house, panel("one", options={"chart": chart("line", "items")}))
    marked, plain = (
        json.loads(Tags(house.page(page + q)).blocks["page"])["charts"]["one"]["marks"] for q in ("?marks=1", "")
    )

    assert [(mark["at"], mark["token"]) for mark in marked] == [
        (NOW_MS - 30_000, "--failed"),
        (NOW_MS - 60_000, "--quiet"),
    ]
    assert "blocked" in marked[0]["text"]
    assert "<" not in marked[1]["text"]
    assert plain == []
