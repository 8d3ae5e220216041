"""How somebody likes the list of jobs: columns, density, rows on a page.

The browser keeps it, so that a page comes as it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, redirect, request

from app.accounts.access import require
from app.dashboard.links import list_query

COOKIE: Final = "jobs_look"
COLUMNS: Final = ("ends", "pace", "success", "errors", "last", "runs", "tags")
"""Those that may be hidden."""
COMPACT: Final = "compact"
ROWS: Final = (25, 50, 100)
"""How many jobs may stand on a page. The first, more than a screen holds, unless somebody chooses another: a page takes
as long as its rows do."""
KEPT_S: Final = 400 * 86_400
"""As long as browsers keep a cookie at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """The columns that are hidden, whether rows are dense, and how many there are."""

    hidden: tuple[str, ...]
    compact: bool
    rows: int


def look(cookies: Mapping[str, str]) -> Look:
    """What the cookie says; words that it can't mean are passed over."""
    words = cookies.get(COOKIE, "").split(".")
    rows = next((number for number in ROWS if _word(number) in words), ROWS[0])
    return Look(tuple(name for name in COLUMNS if name in words), COMPACT in words, rows)


def add_form(pages: Blueprint) -> None:
    """``POST /views/look``: for browsers without scripts; the others write the cookie themselves."""

    @pages.post("/views/look")
    @require("read")
    def change() -> Response:
        query = list_query(request.form)
        shown = request.form.getlist("show")
        words = [name for name in COLUMNS if name not in shown] + [COMPACT] * ("compact" in request.form)
        words += [_word(number) for number in ROWS if request.form.get("rows") == str(number)]
        answer = redirect(f"/jobs?{query}" if query else "/jobs", 303)
        answer.set_cookie(COOKIE, ".".join(words), max_age=KEPT_S, secure=request.is_secure, samesite="Lax")
        return answer  # type: ignore[return-value]


def _word(rows: int) -> str:
    return f"rows-{rows}"
