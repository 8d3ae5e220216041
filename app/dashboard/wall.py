"""A wall screen: a dashboard with nothing around it, or several that take turns.

Its address says all: ``/dashboards/overview?wall=1&rotate=overview,traffic&every=30``.
"""

from collections.abc import Container
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
    next_ones = [_address(one, args, names) for one in _others(args, here)]
    return {"next": next_ones, "everyMs": _every_s(args.get("every", "")) * 1_000}


def onward(args: "MultiDict[str, str]", gone: str, names: tuple[str, ...], there: Container[str]) -> str | None:
    """Where a wall screen goes on whose dashboard is gone: the address of the next one that is there.

    Its script passes over those that are gone; this is for one that has none, and for an address that is opened anew.
    None where there is none, and for a page that is no wall.
    """
    found = next((one for one in _others(args, gone) if one in there), None) if is_wall(args) else None
    return None if found is None else _address(found, args, names)


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


def _others(args: "MultiDict[str, str]", here: str) -> list[str]:
    """The dashboards that come after this one, the whole round."""
    chosen = [one for one in args.get("rotate", "").split(",") if one][:MOST]
    at = chosen.index(here) + 1 if here in chosen else 0
    return [one for one in (*chosen[at:], *chosen[:at]) if one != here]


def _address(dashboard_id: str, args: "MultiDict[str, str]", names: tuple[str, ...]) -> str:
    return Query(f"/dashboards/{dashboard_id}", args, (*names, *NAMES)).address()


def _every_s(text: str) -> int:
    """The one of `EVERY_S` that is meant."""
    return next((one for one in EVERY_S if str(one) == text), EVERY_S[1])
