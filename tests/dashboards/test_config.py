"""A configuration is read whole or refused by the field that can't be used."""

import copy
import re
from typing import Any

import msgspec
import pytest

from app.core.errors import InvalidInput
from app.core.shape import MOST_BYTES, decode
from app.dashboards.config import MOST_PANELS, parse
from app.dashboards.grid import Place
from tests.dashboards.seed import config, full, panel

GONE: Any = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """`full()` with another value at that path; GONE takes the field away."""
    whole = copy.deepcopy(full())
    *way, last = [int(step[1:-1]) if step[0] == "[" else step for step in re.findall(r"\[\d+\]|[^.\[]+", path)]
    inner: Any = whole
    for step in way:
        inner = inner[step]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return whole


def test_every_field_is_read():
    """Panels, their data and charts, the refresh and the theme."""
    board = parse(full())
    line, jobs = board.panels[0], board.panels[3]

    assert [one.type for one in board.panels] == ["chart", "chart", "chart", "table", "stats", "log"]
    assert (board.refresh_ms, board.dark, board.colours) == (5_000, True, {"primary": "#0d8c94"})
    assert line.chart
    assert (line.chart.metrics, line.chart.range_ms) == (("performance.itemsPerSecond",), 3_600_000)
    assert (line.chart.title, line.chart.y_label, line.chart.legend) == ("Items per second", "items", True)
    assert (jobs.source, jobs.query, jobs.path) == ("jobs", "status:running,failed vintage", "layout.panels[3]")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layout", GONE),
        ("layout", []),
        ("layout.panels", GONE),
        ("layout.panels", {}),
        ("layout.panels[1]", "bar"),
        ("layout.refresh", GONE),
        ("layout.refresh", -1),
        ("layout.refresh", True),
        ("layout.panels[0].id", ""),
        ("layout.panels[0].id", "a\n"),
        ("layout.panels[1].id", "line"),
        ("layout.panels[0].type", "pie"),
        ("layout.panels[0].type", GONE),
        ("layout.panels[0].title", None),
        ("layout.panels[0].title", "x" * 201),
        ("layout.panels[0].title", "a\x00"),
        ("layout.panels[0].data", GONE),
        ("layout.panels[0].data.source", "weather"),
        ("layout.panels[0].data.query", 5),
        ("layout.panels[0].data.transform", ["rate"]),
        ("layout.panels[0].options", GONE),
        ("layout.panels[0].options.chart", GONE),
        ("layout.panels[0].options.chart.type", "pie"),
        ("layout.panels[0].options.chart.data.metrics", "items"),
        ("layout.panels[0].options.chart.data.metrics[0]", ""),
        ("layout.panels[0].options.chart.data.timeRange", 0),
        ("layout.panels[0].options.chart.data.timeRange", "1h"),
        ("layout.panels[0].options.chart.data.aggregation", "median"),
        ("layout.panels[0].options.chart.display", GONE),
        ("layout.panels[0].options.chart.display.title", 1),
        ("layout.panels[0].options.chart.display.axes.x", GONE),
        ("layout.panels[0].options.chart.display.axes.y.label", None),
        ("layout.panels[0].options.chart.display.legend", "yes"),
        ("theme", GONE),
        ("theme.dark", "yes"),
        ("theme.colors", GONE),
        ("theme.colors.primary", "red"),
        ("theme.colors.primary", "#0d8c9"),
        ("theme.colors.primary", "#0d8c94;}body{display:none"),
        ("theme.colors.primary", "url(//evil.example)"),
    ],
)
def test_what_can_t_be_is_refused_by_its_path(path: str, value: Any):
    """The field named is the one at fault, as it stands in the configuration."""
    with pytest.raises(InvalidInput) as refused:
        parse(changed(path, value))

    assert refused.value.field == path


@pytest.mark.parametrize(
    ("grid", "field"),
    [
        ([], "layout.grid"),
        ({"line": 5}, "layout.grid.line"),
        ({"line": {"x": 12, "y": 0, "w": 1, "h": 1}}, "layout.grid.line.x"),
        ({"line": {"x": 8, "y": 0, "w": 5, "h": 1}}, "layout.grid.line.w"),
        ({"line": {"x": 0, "y": 0.5, "w": 5, "h": 1}}, "layout.grid.line.y"),
        ({"line": {"x": 0, "y": 0, "w": 5, "h": 21}}, "layout.grid.line.h"),
    ],
)
def test_a_place_lies_on_the_grid(grid: Any, field: str):
    """Twelve columns wide, and of whole cells."""
    with pytest.raises(InvalidInput) as refused:
        parse(changed("layout.grid", grid))

    assert refused.value.field == field


def test_places_are_read():
    """By the id of their panel; the others have none."""
    board = parse(changed("layout.grid", {"bar": {"x": 6, "y": 2, "w": 6, "h": 4}}))

    assert [one.place for one in board.panels[:2]] == [None, Place(x=6, y=2, w=6, h=4)]


def test_a_thousand_panels_are_too_many():
    """The list is refused, not its first panel."""
    with pytest.raises(InvalidInput) as refused:
        parse(config(*[panel(f"p{n}") for n in range(1_000)]))

    assert (refused.value.field, str(MOST_PANELS) in refused.value.detail) == ("layout.panels", True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * (MOST_BYTES + 1),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_object_is_refused(body: bytes):
    """Whatever bytes come in."""
    with pytest.raises(InvalidInput):
        decode(body)


def test_a_body_is_read_as_it_is():
    """Nothing is added and nothing lost."""
    assert decode(msgspec.json.encode(full())) == full()
