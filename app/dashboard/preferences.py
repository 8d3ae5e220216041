"""How somebody has the pages: language, theme, time zone and density, each kept by their browser in a cookie.

An address looks the same in every language and zone; what a page is given, it is given by the cookies. To add a
preference, add its row to `PREFERENCES`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import links
from app.accounts.access import check_csrf, public, require
from app.core.errors import InvalidInput
from app.dashboard import language, zones
from app.dashboard.language import gettext
from app.services import Services

HOME: Final = "/settings/preferences"
YEAR_S: Final = 31_536_000
THEMES: Final = ("system", "light", "dark")
DENSITIES: Final = ("comfortable", "compact")

PREFERENCES: Final[Mapping[str, Callable[[str], bool]]] = {
    "language": lambda value: not value or value in language.NAMES,
    "theme": lambda value: value in THEMES,
    "zone": lambda value: not value or zones.known(value) is not None,
    "density": lambda value: value in DENSITIES,
}
"""Cookie to what it may hold; "" is the browser's own."""


def blueprint(_services: Services) -> Blueprint:
    """``/settings/preferences``."""
    pages = Blueprint("preferences", __name__)

    @pages.get(HOME)
    @require("read")
    def show() -> str:
        return _page({})

    @pages.post(HOME)
    @public  # the page of the login offers the language
    def keep() -> ResponseReturnValue:
        check_csrf()
        given = {name: request.form[name].strip() for name in PREFERENCES if name in request.form}
        wrong = [name for name, value in given.items() if not PREFERENCES[name](value)]
        if "zone" in wrong:
            return Response(_page({"zone": gettext("There is no time zone of that name.")}), 400)
        if wrong:
            raise InvalidInput("is none of those offered", field=wrong[0])
        answer = make_response(redirect(links.local_path(request.form.get("next") or HOME), 303))
        for name, value in given.items():
            _set(answer, name, value)
        return answer

    return pages


def density() -> str:
    """How close the rows of tables stand."""
    return _chosen("density", DENSITIES[0])


def theme(default: str) -> str:
    """The viewer's theme; `default` if they have chosen none."""
    return _chosen("theme", default)


def _chosen(name: str, default: str) -> str:
    value = request.cookies.get(name, "")
    return value if value and PREFERENCES[name](value) else default


def _set(answer: Response, name: str, value: str) -> None:
    if value:
        answer.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    else:
        answer.delete_cookie(name, samesite="Lax", secure=request.is_secure)


def _page(problems: Mapping[str, str]) -> str:
    chosen = {"language": language.chosen(), "zone": request.form.get("zone", zones.chosen())}
    words = {
        "themes": {"system": gettext("System"), "light": gettext("Light"), "dark": gettext("Dark")},
        "densities": {"comfortable": gettext("Comfortable"), "compact": gettext("Compact")},
    }
    return render_template("settings/preferences.html", chosen=chosen, problems=problems, **words)
