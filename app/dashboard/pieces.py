"""The smallest pieces of pages, which stand in every row: written here, as a macro takes ten times as long to call.

Templates find them in ``parts.html`` beside the macros. Scripts paint the same markup: see ``static/js/row.js``.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.dashboard import assets, filters
from app.dashboard.language import locale
from app.dashboard.wording import SEVERITIES, STATUSES

_ROWS: Final = 60
"""Of a table of figures."""
_SYMBOLS: Final = {"debug": "minus"}
"""Icons of severities that are not called as these are."""


def icon(name: str, size: int | str = "") -> Markup:
    """A sign of the sprite, 16 pixels wide or `size`."""
    return _icon(str(name), str(size), assets.static_url("icons.svg"))


@lru_cache(1_000)
def _icon(name: str, size: str, sprite: str) -> Markup:
    sized = f" icon-{size}" if size else ""
    return Markup('<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(sized, sprite, name)


def status(name: str, shape: str = "status") -> Markup:
    """A job's state, never by its colour alone."""
    return _status(str(name), shape, icon(f"st-{name}"), locale())


@lru_cache(1_000)
def _status(name: str, shape: str, sign: Markup, language: str) -> Markup:  # noqa: ARG001
    """The word is in that language."""
    written = Markup('<span class="{} {}" data-status="{}">{}<span>{}</span></span>')
    return written.format(shape, name, name, sign, STATUSES.get(name, ""))


def severity(name: str) -> Markup:
    """A level or a severity, never by its colour alone."""
    return _severity(str(name), icon(_SYMBOLS.get(name, name)), locale())


@lru_cache(1_000)
def _severity(name: str, sign: Markup, language: str) -> Markup:  # noqa: ARG001
    """The same."""
    return Markup('<span class="badge {}">{}{}</span>').format(name, sign, SEVERITIES.get(name, ""))


def ident(identifier: str) -> Markup:
    """An identifier whose last characters stay to be seen where there is no room for all."""
    whole, tail = escape(identifier), filters.tail(identifier)
    shown = f"<span>{escape(filters.head(identifier))}</span><span>{escape(tail)}</span>" if tail else whole
    return Markup(f'<span class="id" title="{whole}">{shown}</span>')  # noqa: S704  (each part is escaped)


@pass_context
def time(context: Context, moment: str | None, shape: str = "clock", cell: str = "") -> Markup:
    """A moment in RFC 3339 in one of the shapes, exactly in its title; the script writes it in the page's zone, too.

    Args:
        context: that of the template, which says what time it is now.
        moment: the moment, if there was one.
        shape: ``clock``, ``short-clock``, ``day-and-time``, ``age`` or ``end``.
        cell: the name of the cell that a script keeps.
    """
    named = f' data-cell="{cell}"' if cell else ""
    if not moment:
        return Markup(f'<time data-format="{shape}"{named}>{filters.NOTHING}</time>')  # noqa: S704  (no word of others)
    if shape in _SHAPES:
        shown = _SHAPES[shape](moment)
    else:
        shown = (filters.since if shape == "age" else filters.end)(moment, context["now"])
    return Markup(f'<time data-format="{shape}"{named}{dated(moment)}>{escape(shown)}</time>')  # noqa: S704  (escaped)


_SHAPES: Final = {"clock": filters.clock, "short-clock": filters.short_clock, "day-and-time": filters.day_and_time}
"""Shapes that say the same whenever they are looked at."""


def dated(moment: str | None) -> Markup:
    """What makes a time of a `time` element; nothing where there is none."""
    if not moment:
        return Markup()
    written = f' datetime="{escape(moment)}" title="{escape(filters.exact(moment))}"'
    return Markup(written)  # noqa: S704  (both are escaped)


def figure_rows(figure: Mapping[str, Any], digits: int) -> Markup:
    """The newest steps of a chart as rows of a table, newest first: the time of day, and a figure of each trace."""
    traces = figure["data"]
    times = [f'<td class="mono">{filters.utc_clock(ms)}</td>' for ms in _newest(traces[0]["x"])]
    columns = (
        [f'<td class="num">{filters.number(value, digits)}</td>' for value in _newest(trace["y"])] for trace in traces
    )
    rows = (f"<tr>{''.join(cells)}</tr>" for cells in zip(times, *columns, strict=True))
    return Markup("".join(rows))  # noqa: S704  (figures and times of day)


def _newest(values: Sequence[Any]) -> Sequence[Any]:
    return values[: -_ROWS - 1 : -1]


PIECES: Final = (icon, status, severity, ident, time, figure_rows)


def install(app: Flask) -> None:
    """Make the pieces known to the template that hands them on."""
    app.jinja_env.globals["row_pieces"] = {piece.__name__: piece for piece in PIECES}
