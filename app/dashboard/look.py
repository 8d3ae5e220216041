"""How somebody likes the list of jobs, columns and density. The browser keeps it, so that a page comes as it stays."""

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
KEPT_S: Final = 400 * 86_400
"""As long as browsers keep a cookie at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """The columns that are hidden, and whether rows are dense."""

    hidden: tuple[str, ...] = ()
    compact: bool = False


def look(cookies: Mapping[str, str]) -> Look:
    """What the cookie says; words that it can't mean are passed over."""
    words = cookies.get(COOKIE, "").split(".")
    return Look(tuple(name for name in COLUMNS if name in words), COMPACT in words)


def add_form(pages: Blueprint) -> None:
    """``POST /views/look``: for browsers without scripts; the others write the cookie themselves."""

    @pages.post("/views/look")
    @require("read")
    def change() -> Response:
        query = list_query(request.form)
        shown = request.form.getlist("show")
        words = [name for name in COLUMNS if name not in shown] + [COMPACT] * ("compact" in request.form)
        answer = redirect(f"/jobs?{query}" if query else "/jobs", 303)
        answer.set_cookie(COOKIE, ".".join(words), max_age=KEPT_S, secure=request.is_secure, samesite="Lax")
        return answer  # type: ignore[return-value]
