"""The way in and out: `/login` and `/logout`."""

import flask_login
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import links, sessions
from app.accounts.access import LOGIN_PATH, check_csrf, current_actor, current_principal, public, require
from app.accounts.access import log_in as log_user_in
from app.accounts.actors import Actor
from app.accounts.audit import Thing
from app.core.errors import InvalidInput, Unauthorized, Unavailable
from app.dashboard.language import told
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """The two pages over `services.accounts`."""
    pages = Blueprint("login", __name__)
    runtime = services.runtime

    @pages.get(LOGIN_PATH)
    @public
    def login() -> ResponseReturnValue:
        visitor = flask_login.current_user
        if visitor.is_authenticated and not visitor.is_wall:
            return redirect(_target())
        return _form(200, None)

    @pages.post(LOGIN_PATH)
    @public
    def log_in() -> ResponseReturnValue:
        name, password = request.form.get("username", ""), request.form.get("password", "")
        try:
            check_csrf()
            entered = log_user_in(name, password)
        except (InvalidInput, Unauthorized, Unavailable) as error:
            return _refusal(error)
        sessions.begin(entered.principal, services.clock.now_ms(), entered.key)
        return redirect(_target())

    @pages.post("/logout")
    @require("read")
    def log_out() -> ResponseReturnValue:
        principal, actor = current_principal(), current_actor()
        if principal.user_id is not None and principal.session_id is not None:
            runtime.call(_logged_out, services, principal.user_id, principal.session_id, actor)
        sessions.end()
        return redirect(LOGIN_PATH)

    return pages


def _logged_out(services: Services, user_id: int, session_id: int, actor: Actor) -> None:
    """End the session that was used, by its row: a copy of its cookie is worth nothing; others go on."""

    def ended() -> None:
        services.accounts.sessions.end(user_id, session_id)
        services.audit.note(actor, "logout", Thing("user", str(user_id), actor.name))

    services.audit.together(ended)


def _refusal(error: InvalidInput | Unauthorized | Unavailable) -> Response:
    """The form again, with what is wrong; a database that is gone is told as on every other page."""
    if isinstance(error, Unauthorized):
        return _form(401, _("That name and password do not match."))
    if isinstance(error, InvalidInput):
        return _form(400, _("The form is out of date; try again.") if error.code == "csrf" else told(error.said))
    if error.code != "rate_limited":
        raise error
    answer = _form(429, _("Too many wrong passwords; wait a minute."))
    answer.headers["Retry-After"] = str(-(-error.retry_after_ms // 1_000))
    return answer


def _form(status: int, problem: str | None) -> Response:
    username = request.form.get("username", "")
    page = render_template("login/login.html", problem=problem, username=username, next=_target())
    return Response(page, status)


def _target() -> str:
    """Where to go after the login."""
    return links.local_path(request.values.get("next", ""))
