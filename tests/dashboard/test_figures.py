"""Figures are valid for Plotly, and name tokens that exist."""

import re
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import pytest

from app.dashboard.assets import FOLDER
from app.dashboard.figures import CONFIG, TEMPLATE, Trace, bars, lines

TIMES = [0, 10_000, 20_000]
TRACES = [Trace("a", "first", "--c1", [1.0, None, 3.0]), Trace("b", "second", "--failed", [0.0, 1.0, 2.0])]


def texts(value: Any) -> Iterator[str]:
    """Every text inside a figure, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def resolved(value: Any) -> Any:
    """The template as a browser would fill it in: each token a colour, the font a family."""
    if isinstance(value, str) and value.startswith("--"):
        return "serif" if "font" in value else "#000000"
    if isinstance(value, dict):
        return {name: resolved(inner) for name, inner in value.items()}
    return [resolved(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("build", [lines, bars])
def test_a_figure_is_valid_with_the_template(build):
    """Plotly's own classes, which refuse unknown attributes and values, take figure and template."""
    figure = build(TIMES, TRACES, unit="/s")

    drawn = go.Figure(data=figure["data"], layout={**figure["layout"], "template": resolved(TEMPLATE)})

    assert [trace.name for trace in drawn.data] == ["first", "second"]
    assert drawn.data[0].y == (1.0, None, 3.0)


def test_stacked_lines_are_one_stack():
    """Sources are added up, so each must be in the same stack."""
    figure = lines(TIMES, TRACES, stacked=True)

    assert {trace["stackgroup"] for trace in figure["data"]} == {"all"}


def test_marks_are_no_part_of_the_stack():
    """A failed request may be an error, too: as a bar it would be counted twice."""
    figure = bars(TIMES, TRACES[:1], marks=TRACES[1:])

    assert [(trace["type"], trace.get("mode")) for trace in figure["data"]] == [("bar", None), ("scatter", "markers")]


def test_every_token_is_in_the_style_sheet():
    """A figure names no colour that the tokens do not have."""
    sheet = (FOLDER / "css" / "tokens.css").read_text()
    named = {text for text in texts([TEMPLATE, lines(TIMES, TRACES)]) if text.startswith("--")}

    assert named
    assert [token for token in named if not re.search(rf"{token}:", sheet)] == []


def test_nothing_is_sent_to_plotly():
    """No button of a chart can upload its data."""
    assert CONFIG["plotlyServerURL"] == ""
    assert not CONFIG["displayModeBar"]


@pytest.mark.parametrize("build", [lines, bars])
def test_what_looks_like_markup_in_a_name_stays_text(build):
    """Plotly reads some markup; names are senders' own words, and pages get them as they are."""
    (trace,) = build([0], [Trace("key", '<b>"shop"</b>', "--c1", [1.0])])["data"]

    assert trace["name"] == '&lt;b&gt;"shop"&lt;/b&gt;'
    assert trace["meta"]["name"] == '<b>"shop"</b>'
