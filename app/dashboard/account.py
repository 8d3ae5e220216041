"""One's own account: the password, and the browsers in which one is signed in."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import sessions
from app.accounts.access import change_password, current_principal, require
from app.accounts.passwords import LEAST, check_same
from app.accounts.principals import Principal
from app.core.clock import rfc3339
from app.core.errors import Forbidden, InvalidInput, Unauthorized, Unavailable
from app.dashboard.language import gettext, told
from app.queries import GREATEST_ID
from app.services import Services, administration

HERE: Final = "/settings/account"


def blueprint(services: Services) -> Blueprint:
    """``/settings/account``; for users alone, each sees their own and nobody else's."""
    pages = Blueprint("account_pages", __name__)
    call = services.runtime.call

    @pages.get(HERE)
    @require("read")
    def account() -> str:
        return _page(services)

    @pages.post(f"{HERE}/password")
    @require("read")
    def password() -> ResponseReturnValue:
        _user()
        old, new = request.form.get("old", ""), request.form.get("new", "")
        try:
            check_same(new, request.form.get("again", ""))
            entered = change_password(old, new)
        except (InvalidInput, Unauthorized, Unavailable) as error:
            return _refused(services, error)
        sessions.begin(entered.principal, services.clock.now_ms(), entered.key)
        return redirect(f"{HERE}?changed=1", 303)

    @pages.post(f"{HERE}/sessions/<int(max={GREATEST_ID}):session_id>/end")
    @require("read")
    def end(session_id: int) -> ResponseReturnValue:
        call(administration(services).end_session, _user().user_id or 0, session_id)
        return redirect(HERE, 303)

    @pages.post(f"{HERE}/sessions/others")
    @require("read")
    def end_others() -> ResponseReturnValue:
        user = _user()
        call(administration(services).end_sessions, user.user_id or 0, but=user.session_id)
        return redirect(HERE, 303)

    return pages


def _refused(services: Services, error: InvalidInput | Unauthorized | Unavailable) -> ResponseReturnValue:
    if isinstance(error, Unavailable):
        if error.code != "rate_limited":
            raise error
        return Response(_page(services, "old", gettext("Too many wrong passwords; wait a minute.")), 429)
    if isinstance(error, Unauthorized):
        return Response(_page(services, "old", gettext("That is not your password.")), 400)
    field = "again" if error.field == "again" else "new"
    return Response(_page(services, field, told(error.said)), 400)


def _user() -> Principal:
    principal = current_principal()
    if principal.user_id is None:
        raise Forbidden("Only a user has an account, a token has none.")
    return principal


def _page(services: Services, field: str = "", problem: str = "") -> str:
    user = _user()
    found = services.runtime.call(services.accounts.sessions.of, user.user_id or 0)
    rows: list[dict[str, Any]] = [
        {
            "id": session.id,
            "agent": session.agent,
            "address": session.address,
            "beganAt": rfc3339(session.began_at),
            "lastUsedAt": rfc3339(session.last_used_at),
            "here": session.id == user.session_id,
        }
        for session in found
    ]
    content = {"rows": rows, "name": user.name, "role": user.role, "least": LEAST}
    is_changed = request.args.get("changed") == "1"
    return render_template("settings/account.html", **content, field=field, problem=problem, is_changed=is_changed)
