"""A wall screen: a read token is exchanged, once, for the cookie of a session that sees dashboards and nothing else.

Its address is ``/kiosk?next=/dashboards/1%3Fwall%3D1#<token>``: what stands behind the # never leaves the browser in a
request's line, so it is in no log and in no proxy's memory; the page's script puts it into the form and takes it out
of the address. It sends the form by itself, but not where a person is signed in: a link must not end their session.
"""

from typing import Final

import flask_login
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import links, sessions
from app.accounts.access import PUBLIC, check_csrf, exchange, mark_of, public
from app.accounts.roles import READ
from app.core.errors import Forbidden, InvalidInput, Unauthorized
from app.dashboard.language import gettext, told
from app.services import Services

HOME: Final = "/dashboards"
_OPEN: Final = frozenset({"dashboard_pages", "login"})
"""Blueprints whose pages a wall sees, besides what is open to anyone."""


def blueprint(services: Services) -> Blueprint:
    """``/kiosk``."""
    pages = Blueprint("kiosk", __name__)
    pages.before_app_request(_keep_to_dashboards)

    @pages.get("/kiosk")
    @public
    def form() -> ResponseReturnValue:
        return _form(200, "")

    @pages.post("/kiosk")
    @public
    def begin() -> ResponseReturnValue:
        try:
            check_csrf()
            principal = exchange(request.form.get("token", ""))
        except InvalidInput:
            return _form(400, gettext("The form is out of date; try again."))
        except Unauthorized:
            return _form(401, gettext("There is no such token, or it has ended."))
        except Forbidden as error:
            return _form(403, told(error.said))
        if principal.permissions != {READ}:
            return _form(403, gettext("A wall screen takes a token that may read and do nothing else."))
        sessions.begin(principal, services.clock.now_ms())
        return redirect(_target())

    return pages


def _keep_to_dashboards() -> None:
    """Whoever comes by a wall screen's keyboard sees what hangs there, and cannot go on from it."""
    if request.endpoint is None or request.blueprint in _OPEN or mark_of(request.endpoint) == PUBLIC:
        return
    visitor = flask_login.current_user
    if visitor.is_authenticated and visitor.is_wall:
        raise Forbidden("A wall screen shows dashboards and nothing else.")


def _form(status: int, problem: str) -> Response:
    visitor = flask_login.current_user
    is_somebody = visitor.is_authenticated and not visitor.is_wall
    page = render_template("login/kiosk.html", problem=problem, next=_target(), is_somebody=is_somebody)
    return Response(page, status)


def _target() -> str:
    return links.local_path(request.values.get("next") or HOME)
