"""A wall screen: a read token is exchanged, once, for the cookie of a session that may look and do nothing else.

Its address is ``/kiosk?next=/dashboards/1%3Fwall%3D1#<token>``: what stands behind the # never leaves the browser in a
request's line, so it is in no log and in no proxy's memory; the page's script puts it into the form and takes it out
of the address.
"""

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import links, sessions
from app.accounts.access import check_csrf, exchange, public
from app.accounts.roles import READ
from app.core.errors import InvalidInput, Unauthorized
from app.dashboard.language import gettext
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """``/kiosk``."""
    pages = Blueprint("kiosk", __name__)

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
        if principal.permissions != {READ}:
            return _form(403, gettext("A wall screen takes a token that may read and do nothing else."))
        sessions.begin(principal, services.clock.now_ms())
        return redirect(_target())

    return pages


def _form(status: int, problem: str) -> Response:
    return Response(render_template("login/kiosk.html", problem=problem, next=_target()), status)


def _target() -> str:
    return links.local_path(request.values.get("next", ""))
