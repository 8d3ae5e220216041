"""The time zone that a page's times are in: the one that was chosen, else the browser's, as a cookie tells it.

Without either it is UTC, and the page says so. What people type into filters is read in the same zone.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import g, has_request_context, request

CHOSEN: Final = "zone"
SEEN: Final = "browser-zone"

_NAME: Final = re.compile(r"[A-Za-z0-9_+/-]{1,64}", re.ASCII)
_TYPED: Final = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", re.ASCII)


@lru_cache(256)
def known(name: str) -> ZoneInfo | None:
    """The zone of that name, None if there is none; the name may be anything."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file, a name that leads elsewhere, a folder
        return None


def chosen() -> str:
    """The name of the zone that was chosen, "" if the browser's is to be used."""
    name = request.cookies.get(CHOSEN, "") if has_request_context() else ""
    return name if known(name) else ""


def current() -> ZoneInfo:
    """The zone of this page, found once a request."""
    if not has_request_context():
        return ZoneInfo("UTC")
    found: ZoneInfo | None = g.get("zone")
    if found is None:
        told = (known(request.cookies.get(cookie, "")) for cookie in (CHOSEN, SEEN))
        found = g.zone = next(filter(None, told), None) or ZoneInfo("UTC")
    return found


def label(zone: ZoneInfo) -> str:
    """What people call a zone by: its city."""
    return _city(zone.key)


@lru_cache(256)
def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


def local(moment: str) -> datetime:
    """An RFC 3339 moment in the page's zone."""
    return datetime.fromisoformat(moment).astimezone(current())


def typed(text: str) -> str:
    """What was typed as a time: one of the page's zone as RFC 3339 UTC, anything else as it is."""
    if not _TYPED.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=current()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return text  # the parser of times says what is wrong with it
