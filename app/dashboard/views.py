"""Saved views: a list's filters under a name, each user's own; the lists show them, and send their forms here."""

from typing import Final
from urllib.parse import parse_qs

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from app.accounts.access import current_actor, current_principal, require
from app.accounts.actors import Actor
from app.accounts.audit import Thing
from app.audited import VIEW
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.dashboard import look
from app.dashboard.links import LONGEST_QUERY
from app.queries import GREATEST_ID
from app.services import Services
from app.storage.base_views import MOST_VIEWS, PAGES, SavedView

LONGEST_NAME: Final = 100


def blueprint(services: Services) -> Blueprint:
    """``/views``: forms only; the answer leads back to the list."""
    pages = Blueprint("saved_views", __name__)

    @pages.post("/views")
    @require("read")
    def save() -> ResponseReturnValue:
        form = request.form
        view = SavedView(
            user_id=_user(),
            page=_page(form.get("page", "")),
            name=_text(" ".join(form.get("name", "").split()), "name", LONGEST_NAME),
            query=_text(form.get("query", ""), "query", LONGEST_QUERY),
        )
        if services.runtime.call(_saved, services, current_actor(), view) is None:
            raise Conflict("You have %(n)s saved views here; delete one first.", n=MOST_VIEWS, field="name")
        return redirect(f"/{view.page}?{view.query}", 303)

    @pages.post("/views/<int:view_id>/delete")
    @require("read")
    def delete(view_id: int) -> ResponseReturnValue:
        page, query = _page(request.form.get("page", "")), request.form.get("query", "")
        _user()
        if not (view_id <= GREATEST_ID and services.runtime.call(_deleted, services, current_actor(), view_id)):
            raise NotFound("There is no saved view %(n)s.", n=view_id)
        return redirect(f"/{page}?{_text(query, 'query', LONGEST_QUERY)}" if query else f"/{page}", 303)

    look.add_form(pages)
    return pages


def saved(services: Services, user_id: int | None, page: str, query: str) -> dict[str, object]:
    """What `views.html` shows a user of their views of `page`, whose filters are `query` now; waits for the store."""
    found = services.views.views(user_id, page) if user_id is not None else []
    shown = [{"id": one.id, "name": one.name, "query": one.query, "here": _same(one.query, query)} for one in found]
    return {"page": page, "query": query, "views": shown, "may_save": user_id is not None}


def _saved(services: Services, actor: Actor, view: SavedView) -> SavedView | None:
    """Store it, with its line."""

    def work() -> SavedView | None:
        saved = services.views.save(view)
        if saved is not None:
            services.audit.note(actor, "view.save", VIEW.thing(saved), after=VIEW.shape(saved))
        return saved

    return services.audit.together(work)


def _deleted(services: Services, actor: Actor, view_id: int) -> bool:
    """Forget one of the user's own, with its line."""

    def work() -> bool:
        is_gone = services.views.delete(actor.id or 0, view_id)
        if is_gone:
            services.audit.note(actor, "view.delete", Thing("view", str(view_id)))
        return is_gone

    return services.audit.together(work)


def _same(one: str, other: str) -> bool:
    return parse_qs(one) == parse_qs(other)


def _user() -> int:
    user_id = current_principal().user_id
    if user_id is None:
        raise Forbidden("Saved views belong to users; a token has none.")
    return user_id


def _page(value: str) -> str:
    if value not in PAGES:
        raise InvalidInput("must be one of %(known)s", known=", ".join(PAGES), field="page")
    return value


def _text(value: str, field: str, most: int) -> str:
    if not value or len(value) > most or not value.isprintable():
        raise InvalidInput("must be a text of 1 to %(most)s characters", most=most, field=field)
    return value
