"""A wall screen: a dashboard with nothing around it, or several that take turns.

Its address says all: ``/dashboards/overview?wall=1&rotate=overview,traffic&every=30``.
"""

from typing import Any, Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.accounts.access import require
from app.dashboard.links import Query

EVERY_S: Final = (15, 30, 60, 300)
"""How long a dashboard may stay until the next one's turn; the second is meant where nothing is said."""
MOST: Final = 20
NAMES: Final = ("wall", "rotate", "every")


def is_wall(args: "MultiDict[str, str]") -> bool:
    """Whether a page is asked for as a wall screen."""
    return args.get("wall") == "1"


def turns(args: "MultiDict[str, str]", here: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    """What the script of a wall screen goes by; None for a page that is none.

    Returns:
        `next`, the addresses of the dashboards that come after this one, the whole round, with its filters of those
        names; empty where it stays alone. `everyMs`.
    """
    if not is_wall(args):
        return None
    chosen = [one for one in args.get("rotate", "").split(",") if one][:MOST]
    at = chosen.index(here) + 1 if here in chosen else 0
    others = [one for one in (*chosen[at:], *chosen[:at]) if one != here]
    next_ones = [Query(f"/dashboards/{one}", args, (*names, *NAMES)).address() for one in others]
    return {"next": next_ones, "everyMs": _every_s(args.get("every", "")) * 1_000}


def add_route(pages: Blueprint) -> None:
    """``GET /wall?id=…&id=…&every=…``: to the first of the chosen dashboards."""

    @pages.get("/wall")
    @require("read")
    def hang() -> ResponseReturnValue:
        chosen = request.args.getlist("id")[:MOST]
        if not chosen:
            return redirect("/dashboards")
        rotation = ",".join(chosen) if len(chosen) > 1 else ""
        args = MultiDict({"wall": "1", "rotate": rotation, "every": str(_every_s(request.args.get("every", "")))})
        return redirect(Query(f"/dashboards/{chosen[0]}", args, NAMES).address())


def _every_s(text: str) -> int:
    """The one of `EVERY_S` that is meant."""
    return next((one for one in EVERY_S if str(one) == text), EVERY_S[1])
