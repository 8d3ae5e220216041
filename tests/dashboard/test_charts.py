"""What the charts of a dashboard draw, rendered over real stores."""

import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest

from app.metrics.series import Answer, SeriesQuery, SeriesReader
from app.storage.base_series import DAY_MS, HOUR_MS, Point
from tests.dashboard.conftest import House
from tests.dashboard.test_pages import Tags
from tests.dashboards.seed import chart, config, panel
from tests.fakes import NOW_MS, event


def board(house: House, *panels: dict[str, Any]) -> str:
    """The address of a new dashboard."""
    return f"/dashboards/{house.dashboards.create(config(*panels)).id}"


def charts_of(house: House, page: str) -> dict[str, Any]:
    """The charts of a page, by the panel's id, as its script gets them."""
    found: dict[str, Any] = json.loads(Tags(house.page(page)).blocks["page"])["charts"]
    return found


def charts(house: House, *panels: dict[str, Any]) -> dict[str, Any]:
    """The same of a new dashboard."""
    return charts_of(house, board(house, *panels))


def measured(house: House, name: str, value: float, at_ms: int = NOW_MS - 10_000) -> None:
    """Store one value of a metric of the whole house."""
    house.series.record([Point(name, (), at_ms, value, 1, value, value)])


def known(trace: dict[str, Any]) -> list[float]:
    """The values of a line that are no gaps."""
    return [value for value in trace["y"] if value is not None]


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_every_line_is_drawn_in_its_own_unit(house: House, kind: str):
    """A share is a percentage and a number stays a number, each along an axis of its unit."""
    measured(house, "jobs.failureRate", 0.75)
    measured(house, "jobs.failed", 3)
    figure = charts(house, panel("one", options={"chart": chart(kind, "jobs.failureRate", "jobs.failed")}))["one"][
        "figure"
    ]
    share, number = figure["data"]

    assert (known(share), known(number)) == ([75], [3])
    assert (share["hovertemplate"], number["hovertemplate"]) == ("%{y:,.4~g} %", "%{y:,.4~g}")
    assert (share.get("yaxis"), number["yaxis"]) == (None, "y2")
    assert (figure["layout"]["yaxis"]["ticksuffix"], figure["layout"]["yaxis2"]["ticksuffix"]) == (" %", "")
    assert go.Figure(figure).layout.yaxis2.side == "right"


def test_lines_of_one_unit_share_the_axis(house: House):
    """With its unit behind the figures of the axis."""
    measured(house, "jobs.failureRate", 0.25)
    measured(house, "performance.successRate", 0.75)
    figure = charts(
        house, panel("one", options={"chart": chart("bar", "jobs.failureRate", "performance.successRate")})
    )["one"]["figure"]

    assert [known(trace) for trace in figure["data"]] == [[25], [75]]
    assert figure["layout"]["yaxis"]["ticksuffix"] == " %"
    assert "yaxis2" not in figure["layout"]
    assert not [trace for trace in figure["data"] if "yaxis" in trace or "offsetgroup" in trace]


def test_a_steady_rate_is_steady_to_the_right_edge(house: House):
    """Ten a second are ten also in the step that is under way, on a narrowed chart, in a figure and through `rate`."""
    began_ms = NOW_MS - 3_600_000
    house.send([event("job_started", "job", at_ms=began_ms, data={"source": "ebay.com"})])
    house.send([event("item_summary", "job", at_ms=began_ms + n * 1_000, data={"count": 10}) for n in range(3_600)])
    narrow = {"source": "metrics", "query": 'performance.itemsPerSecond{source="ebay.com"}'}
    rate = {"source": "metrics", "query": 'items{source="ebay.com"}', "transform": "rate"}
    page = board(
        house,
        panel("line", data=narrow, options={"chart": chart("line", "items")}),
        panel("rate", data=rate, options={"chart": chart("line", "items")}),
        panel("figure", "stats", data=narrow),
    )
    drawn = charts_of(house, page)

    for name in ("line", "rate"):
        assert known(drawn[name]["figure"]["data"][0])[-5:] == pytest.approx([10] * 5, rel=0.05)
    assert re.findall(r'class="v">(\d+)', house.page(page)) == ["10"]


def test_a_figure_counts_exactly_its_span(house: House):
    """One a second are 1,800 in half an hour, wherever its steps begin."""
    began_ms = NOW_MS - 7_200_000
    house.send([event("item_summary", "job", at_ms=began_ms + n * 5_000, data={"count": 5}) for n in range(1_440)])
    page = board(
        house,
        panel("one", "stats", data={"source": "metrics", "query": "items"}, options={"aggregation": "sum"}),
    )
    shown = house.page(f"{page}?from={NOW_MS - 3_600_000}&to={NOW_MS - 1_800_000}")

    assert re.findall(r'class="v">([^<]*)', shown) == ["1,800"]


@pytest.mark.parametrize("kind", ["line", "bar"])
@pytest.mark.parametrize(
    ("transform", "totals"),
    [
        ("", ["21,600"]),
        ("groupBy(source)", ["7,200", "14,400"]),
        ("groupBy(source) | top(1)", ["14,400"]),
        ("scale(2)", ["43,200"]),
        ("compare(yesterday)", ["21,600", "–"]),
    ],
)
def test_a_legend_counts_exactly_its_span(house: House, kind: str, transform: str, totals: list[str]):
    """Three a second are 21,600 in two hours: not what lies in the rest of the steps at both ends."""
    from_ms = NOW_MS - 3 * 3_600_000 + 7_000
    for source, count in (("ebay.com", 5), ("etsy.com", 10)):
        labels = (("job", source), ("source", source))
        times = [from_ms + n * 5_000 for n in range(-60, 1_500)]
        house.series.record([Point("items", labels, at_ms - at_ms % 5_000, count, 1, 1, 1) for at_ms in times])
    house.series.roll_up(from_ms - 3_600_000, NOW_MS)
    one = panel("one", data={"source": "metrics", "transform": transform}, options={"chart": chart(kind, "items")})
    one["options"]["chart"]["data"]["aggregation"] = "sum"
    page = house.page(f"{board(house, one)}?from={from_ms}&to={from_ms + 7_200_000}")

    assert re.findall(r"<b>([^<]*)<", page) == totals


def test_what_was_counted_beside_the_span_is_in_no_legend(house: House):
    """A line of which only the first step has anything, before the span begins, counts 0."""
    from_ms = NOW_MS - 3_600_000 + 20_000
    measured(house, "items", 7, from_ms - 10_000)
    one = panel("one", options={"chart": chart("bar", "items")})
    one["options"]["chart"]["data"]["aggregation"] = "sum"
    page = house.page(f"{board(house, one)}?from={from_ms}&to={NOW_MS}")

    assert re.findall(r"<b>([^<]*)<", page) == ["0"]


@pytest.mark.parametrize(
    ("transform", "totals"),
    [
        ("groupBy(source) | top(1) | sum", ["1,000"]),
        ("groupBy(source) | compare(yesterday)", ["0", "9", "5"]),
        ("groupBy(source) | compare(yesterday) | sum", ["1,014"]),
    ],
)
def test_a_line_without_a_total_of_its_own_counts_what_is_drawn(house: House, transform: str, totals: list[str]):
    """What was greatest in the first step, before the span begins, is chosen, and found again a day earlier."""
    from_ms = NOW_MS - 3_600_000 + 20_000
    for source, count, at_ms in (
        ("ebay.com", 1_000, from_ms - 10_000),
        ("ebay.com", 9, from_ms + 600_000 - DAY_MS),
        ("etsy.com", 5, from_ms + 600_000),
    ):
        labels = (("job", source), ("source", source))
        house.series.record([Point("items", labels, at_ms, count, 1, count, count)])
    one = panel("one", data={"source": "metrics", "transform": transform}, options={"chart": chart("bar", "items")})
    page = house.page(f"{board(house, one)}?from={from_ms}&to={NOW_MS}")

    assert re.findall(r"<b>([^<]*)<", page) == totals


@pytest.mark.parametrize(("late_ms", "questions"), [(0, 1), (5_000, 2)])
def test_a_span_of_whole_steps_is_asked_for_once(
    house: House, monkeypatch: pytest.MonkeyPatch, late_ms: int, questions: int
):
    """Its values tell what a legend counts; only what begins or ends within a step is asked for by itself."""
    asked: list[SeriesQuery] = []
    query = SeriesReader.query

    def noted(self: SeriesReader, one: SeriesQuery) -> Answer:
        asked.append(one)
        return query(self, one)

    monkeypatch.setattr(SeriesReader, "query", noted)
    to_ms = NOW_MS - NOW_MS % HOUR_MS
    measured(house, "items", 7, to_ms - HOUR_MS // 2)
    house.series.roll_up(to_ms - HOUR_MS, to_ms)
    page = f"{board(house, panel('one', options={'chart': chart('bar', 'items')}))}?from={to_ms - HOUR_MS + late_ms}"

    assert re.findall(r"<b>([^<]*)<", house.page(f"{page}&to={to_ms}")) == ["7"]
    assert len(asked) == questions


def test_each_unit_has_its_axis(house: House):
    """The first on the left, the others beside each other on the right, each with its unit."""
    names = ("jobs.failureRate", "jobs.failed", "performance.averageJobDuration", "performance.successRate")
    for name in names:
        measured(house, name, 0.5)
    figure = charts(house, panel("one", options={"chart": chart("line", *names)}))["one"]["figure"]
    layout = go.Figure(figure).layout

    assert [trace.get("yaxis", "y") for trace in figure["data"]] == ["y", "y2", "y3", "y"]
    assert [axis.ticksuffix for axis in (layout.yaxis, layout.yaxis2, layout.yaxis3)] == [" %", "", " ms"]
    assert (layout.yaxis2.side, layout.yaxis3.side) == ("right", "right")
    assert (layout.yaxis3.anchor, layout.yaxis3.autoshift) == ("free", True)


def test_a_named_axis_makes_room_for_its_name(house: House):
    """Or the name would lie over the figures of the axis; one without a name takes no more room than before."""
    measured(house, "jobs.failed", 3)
    one = chart("line", "jobs.failed")
    one["display"]["axes"]["y"]["label"] = ""
    layout = charts(house, panel("one", options={"chart": one}))["one"]["figure"]["layout"]

    assert (layout["xaxis"]["title"]["text"], layout["xaxis"]["automargin"]) == ("time", True)
    assert not {"title", "automargin"} & layout["yaxis"].keys()


def test_a_span_that_can_t_be_shown_is_told_as_the_page_s(house: House):
    """The panel itself has nothing to mend."""
    page = house.page(f"{board(house, panel('one', options={'chart': chart()}))}?from=0&to=99999999999999")

    assert "<code>from</code> performance.itemsPerSecond: is too long before to" in page


def test_every_metric_has_its_dial(house: House):
    """With its name, unit and scale; one that counts tells all that was counted, any other its newest value."""
    measured(house, "jobs.failureRate", 0.5, NOW_MS - 60_000)
    measured(house, "jobs.failureRate", 0.75)
    for ago_ms in (60_000, 120_000, 180_000):
        measured(house, "items", 4, NOW_MS - ago_ms)
    one = panel("one", options={"chart": chart("gauge", "jobs.failureRate", "items")})
    figure = charts(house, one)["one"]["figure"]
    drawn, layout = go.Figure(figure).data, go.Figure(figure).layout

    assert [(dial.name, dial.value, dial.number.suffix) for dial in drawn] == [
        ("Failure rate", 75, " %"),
        ("Items", 12, ""),
    ]
    assert [name.text for name in layout.annotations] == ["Failure rate", "Items"]
    assert (
        [dial.gauge.axis.range for dial in drawn] == [dial.gauge.axis.tickvals for dial in drawn] == [(0, 100), (0, 15)]
    )
    assert drawn[0].domain.x[1] <= drawn[1].domain.x[0]


def test_a_dial_writes_bytes_in_short(house: House):
    """Among others there is no room for ten digits."""
    measured(house, "system.memory.used", 2_280_000_000)
    (dial,) = go.Figure(
        charts(house, panel("one", options={"chart": chart("gauge", "system.memory.used")}))["one"]["figure"]
    ).data

    assert (dial.number.valueformat, dial.number.suffix) == (".3~s", "B")


def test_a_dial_alone_has_all_the_room(house: House):
    """Its panel's title names it."""
    measured(house, "jobs.failed", 3)
    (dial,) = go.Figure(
        charts(house, panel("one", options={"chart": chart("gauge", "jobs.failed")}))["one"]["figure"]
    ).data

    assert (dial.value, dial.domain.x, dial.domain.y) == (3, (0, 1), (0, 1))
