"""How values read in templates: numbers, sizes, times, links. Each has its twin in ``static/js/format.js``.

Times come as RFC 3339 UTC text, as the API gives them, and are written in the page's zone: see `app.dashboard.zones`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import babel.dates
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import format_datetime
from jinja2 import Undefined

from app.dashboard import rounded, zones
from app.dashboard.browsers import browser
from app.dashboard.language import gettext, locale
from app.dashboard.links import job_path
from app.dashboard.patterns import pattern, plain_pattern
from app.dashboard.quiet import reply

NOTHING: Final = "–"
"""What stands where a value is missing: never 0."""


def is_missing(value: Any) -> bool:
    """Whether there is nothing to show: null, or a field that is not there."""
    return value is None or isinstance(value, Undefined)


def number(value: float | None, digits: int = 0) -> str:
    """A number by the rules of the page's language, with a fixed number of decimals."""
    if is_missing(value):
        return NOTHING
    return _written(value, digits, locale())


@lru_cache(maxsize=10_000)
def _written(value: float, digits: int, language: str) -> str:
    """Remembered only because it takes time to compute: pages show the same small numbers again and again."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value + 0, format=pattern, locale=language))  # + 0, as -0.0 is held to be the same as 0.0


def rate(value: float | None) -> str:
    """A figure per second: one decimal, so that its width does not change."""
    return number(value, 1)


def percent(ratio: float | None, digits: int = 0) -> str:
    """A ratio as a share of 100, without the sign. Never 100 for less than all."""
    if ratio is None:
        return NOTHING
    return number(rounded.percent(ratio, digits), digits)


def size(count: float | None) -> tuple[str, str]:
    """Bytes as (figure, unit), in steps of 1,000."""
    if count is None or is_missing(count):
        return NOTHING, ""
    figure, step, digits = rounded.in_units(count)
    return number(figure, digits), rounded.UNITS[step]


def duration(ms: float | None) -> str:
    """A span of time in its two greatest units: ``12 min 4 s``."""
    if ms is None:
        return NOTHING
    if ms < 1000:
        return gettext("%(n)s ms", n=round(ms))
    days, rest = divmod(int(ms // 1000), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return gettext("%(days)s d %(hours)s h", days=days, hours=hours) if hours else gettext("%(n)s d", n=days)
    if hours:
        return _in_hours(hours, minutes)
    return _under_an_hour(minutes, seconds)


def _in_hours(hours: int, minutes: int) -> str:
    if minutes:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    return gettext("%(n)s h", n=hours)


def _under_an_hour(minutes: int, seconds: int) -> str:
    if minutes and seconds:
        return gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=seconds)
    if minutes:
        return gettext("%(minutes)s min", minutes=minutes)
    return gettext("%(seconds)s s", seconds=seconds)


def since(moment: str | None, now: str) -> str:
    """How long before `now` the moment was, in its greatest unit."""
    if moment is None:
        return NOTHING
    passed = max(0, int((datetime.fromisoformat(now) - datetime.fromisoformat(moment)).total_seconds()))
    if passed >= 86400:
        return gettext("%(n)s d", n=passed // 86400)
    if passed >= 3600:
        return gettext("%(n)s h", n=passed // 3600)
    return gettext("%(n)s min", n=passed // 60) if passed >= 60 else gettext("%(n)s s", n=passed)


def clock(moment: str | None) -> str:
    """The time of day: ``14:32:08``."""
    return second(moment, zones.current())[11:] if moment else NOTHING


def short_clock(moment: str | None) -> str:
    """The time of day without seconds."""
    return second(moment, zones.current())[11:16] if moment else NOTHING


def end(moment: str, now: str) -> str:
    """When something will be over: the time of day without seconds, with the day where that is not today."""
    ends = zones.local(moment)
    if ends.date() == zones.local(now).date():
        return f"{ends:%H:%M}"
    return str(format_datetime(ends, "d MMM y, HH:mm", rebase=False))


def day_and_time(moment: str | None) -> str:
    """Date and time by the rules of the page's language: ``23 Nov 2026, 14:32:08``."""
    if not moment:
        return NOTHING
    return _to_the_second(f"{moment[:19]}Z", zones.current(), locale())


@lru_cache(maxsize=10_000)
def _to_the_second(moment: str, zone: ZoneInfo, language: str) -> str:
    """Remembered only because it takes time to compute: what happens at once stands in many rows."""
    return str(
        babel.dates.format_datetime(
            datetime.fromisoformat(moment).astimezone(zone), "d MMM y, HH:mm:ss", locale=language
        )
    )


def utc_clock(ms: int) -> str:
    """The time of day of a moment in ms since 1970."""
    return f"{datetime.fromtimestamp(ms // 1000, zones.current()):%H:%M:%S}"


def span_to(begin: str, end: str) -> float:
    """The ms from one moment to a later one."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() * 1000


def exact(moment: str) -> str:
    """The moment to the millisecond with its zone, for titles."""
    zone = zones.current()
    return f"{second(moment, zone)}.{moment[20:23]} {zones.label(zone)}"


def second(moment: str, zone: ZoneInfo) -> str:
    """The moment in that zone to the second: ``2026-11-23 14:32:08``."""
    return _local(moment[:19], zone)


@lru_cache(maxsize=10_000)
def _local(moment: str, zone: ZoneInfo) -> str:
    """Remembered as what happens at once stands in many rows, and more than once in each."""
    return f"{datetime.fromisoformat(f'{moment}Z').astimezone(zone):%Y-%m-%d %H:%M:%S}"


def safe_href(value: Any) -> str | None:
    """The address if a browser may follow it: http or https and nothing else."""
    if not isinstance(value, str):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    # What is split has lost its tabs and line ends; an address that has some before its host is none that we can show.
    return value if parts.scheme in {"http", "https"} and parts.netloc and "://" in value else None


def as_text(value: Any) -> str:
    """Any JSON value as text; nothing for null or what is not there."""
    if is_missing(value):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def head(identifier: str) -> str:
    """All of a long identifier but its last six characters, which stand in a span of their own."""
    return identifier[:-6] if len(identifier) > 20 else identifier


def tail(identifier: str) -> str:
    """Its last six characters, nothing for a short one."""
    return identifier[-6:] if len(identifier) > 20 else ""


def arguments(values: Mapping[str, str | None]) -> str:
    """The query string of an address, without what is empty."""
    return urlencode({name: value for name, value in values.items() if value}, safe=",")


FILTERS: Final = (
    number, rate, percent, size, duration, since, short_clock, day_and_time, utc_clock, span_to,
    safe_href, as_text, job_path, arguments, reply, browser, pattern, plain_pattern,
)  # fmt: skip


def install(app: Flask) -> None:
    """Make the filters known to every template."""
    for one in FILTERS:
        app.add_template_filter(one, one.__name__)
