"""Who may log in: invitations, roles, and who is shut out; for admins."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.accounts.access import current_principal, require
from app.accounts.administration import Invited
from app.accounts.view import user_json
from app.core.clock import rfc3339
from app.core.errors import Conflict, InvalidInput, ScrapewatchError
from app.dashboard.language import told
from app.queries import GREATEST_ID
from app.services import Services, administration

HERE: Final = "/settings/users"
_USER: Final = f"<int(max={GREATEST_ID}):user_id>"

ROLES: Final = {
    "viewer": lazy_gettext("viewer: reads"),
    "operator": lazy_gettext("operator: also acknowledges, silences, edits rules and dashboards, and may send"),
    "admin": lazy_gettext("admin: all"),
}
"""Roles in words."""


def blueprint(services: Services) -> Blueprint:
    """``/settings/users``."""
    pages = Blueprint("user_pages", __name__)
    call = services.runtime.call

    @pages.get(HERE)
    @require("admin")
    def users() -> str:
        return _page(services)

    @pages.post(HERE)
    @require("admin")
    def invite() -> ResponseReturnValue:
        name, role = request.form.get("username", "").strip(), request.form.get("role", "")
        try:
            return _page(services, invited=call(administration(services).invite, name, role))
        except (InvalidInput, Conflict) as error:
            return Response(_page(services, problem=error), 400)

    @pages.post(f"{HERE}/{_USER}/link")
    @require("admin")
    def link(user_id: int) -> ResponseReturnValue:
        try:
            return _page(services, invited=call(administration(services).link, user_id))
        except Conflict as error:
            return Response(_page(services, problem=error), 409)

    _add_acts(pages, services)
    return pages


def _add_acts(pages: Blueprint, services: Services) -> None:
    """What is done to one of them; the list is shown again."""
    call = services.runtime.call

    @pages.post(f"{HERE}/{_USER}/withdraw")
    @require("admin")
    def withdraw(user_id: int) -> ResponseReturnValue:
        call(administration(services).withdraw, user_id)
        return redirect(HERE, 303)

    @pages.post(f"{HERE}/{_USER}/role")
    @require("admin")
    def change_role(user_id: int) -> ResponseReturnValue:
        return _done(services, lambda: call(administration(services).set_role, user_id, request.form.get("role", "")))

    @pages.post(f"{HERE}/{_USER}/disabled")
    @require("admin")
    def disable(user_id: int) -> ResponseReturnValue:
        disabled = request.form.get("disabled") == "true"
        return _done(services, lambda: call(administration(services).set_disabled, user_id, disabled=disabled))

    @pages.post(f"{HERE}/{_USER}/sessions")
    @require("admin")
    def end_sessions(user_id: int) -> ResponseReturnValue:
        call(administration(services).end_sessions, user_id)
        return redirect(HERE, 303)


def _done(services: Services, act: Callable[[], object]) -> ResponseReturnValue:
    try:
        act()
    except Conflict as error:
        return Response(_page(services, problem=error), 409)
    return redirect(HERE, 303)


def _page(services: Services, *, invited: Invited | None = None, problem: ScrapewatchError | None = None) -> str:
    content = services.runtime.call(_content, services)
    field = getattr(problem, "field", "") if problem else ""
    said = told(problem.said) if problem else ""
    mine = current_principal().user_id
    return render_template(
        "settings/users.html",
        **content,
        roles=ROLES,
        invited=invited,
        invited_until=rfc3339(invited.link.expires_at) if invited else "",
        problem=said,
        field=field,
        mine=mine,
    )


def _content(services: Services) -> dict[str, Any]:
    accounts = services.accounts
    links = accounts.invitations.all()
    rows = []
    for user in accounts.users.all():
        link = links.get(user.id)
        sessions = accounts.sessions.of(user.id)
        rows.append({**user_json(user), "link": link and rfc3339(link.expires_at), "sessions": len(sessions)})
    return {"rows": rows}
