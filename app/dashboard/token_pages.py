"""Tokens: what programs send to be let in, from where, and since when each was not used; for admins."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.accounts.access import require
from app.accounts.ranges import EXAMPLES
from app.accounts.view import token_json
from app.core.errors import Conflict, InvalidInput
from app.dashboard.language import told
from app.queries import GREATEST_ID
from app.services import Services, administration
from app.storage.base_accounts import Token
from config import DAY_MS

HERE: Final = "/settings/tokens"
_TOKEN: Final = f"<int(max={GREATEST_ID}):token_id>"
MOST_ENDED: Final = 50
"""Revoked and expired ones that are shown; the API tells all."""

SCOPES: Final = {
    "ingest": lazy_gettext("ingest: sends events"),
    "read": lazy_gettext("read: reads all, sends nothing"),
    "operate": lazy_gettext("operate: both, and what operators do"),
    "admin": lazy_gettext("admin: all"),
}
"""Scopes in words."""
DAYS: Final = {
    "": lazy_gettext("never"),
    "1": lazy_gettext("in a day"),
    "30": lazy_gettext("in 30 days"),
    "90": lazy_gettext("in 90 days"),
    "365": lazy_gettext("in a year"),
}
"""When a token may end, in days from now."""


def blueprint(services: Services) -> Blueprint:
    """``/settings/tokens``."""
    pages = Blueprint("token_pages", __name__)
    call = services.runtime.call

    @pages.get(HERE)
    @require("admin")
    def tokens() -> str:
        return _page(services)

    @pages.post(HERE)
    @require("admin")
    def issue() -> ResponseReturnValue:
        form = request.form
        allowed = _ranges(form.get("allowed", ""))

        def made() -> tuple[Token, str]:
            name, scope = form.get("name", "").strip(), form.get("scope", "")
            expires_at = _expiry(form.get("days"), services.clock.now_ms())
            return call(administration(services).issue, name, scope, expires_at=expires_at, allowed=allowed)

        return _shown(services, made)

    @pages.post(f"{HERE}/{_TOKEN}/allow")
    @require("admin")
    def allow(token_id: int) -> ResponseReturnValue:
        allowed = _ranges(request.form.get("allowed", ""))
        return _shown(services, lambda: call(administration(services).allow, token_id, allowed), of=token_id)

    @pages.post(f"{HERE}/{_TOKEN}/revoke")
    @require("admin")
    def revoke(token_id: int) -> ResponseReturnValue:
        call(administration(services).revoke, token_id)
        return redirect(HERE, 303)

    return pages


def _expiry(days: str | None, now_ms: int) -> int | None:
    if days not in DAYS:  # else one that was meant to end would not
        raise InvalidInput("must be one of those offered", field="days")
    return now_ms + int(days) * DAY_MS if days else None


def _ranges(text: str) -> list[str]:
    """What somebody typed, parted by spaces, commas or lines."""
    return text.replace(",", " ").split()


def _shown(services: Services, act: Callable[[], object], of: int = 0) -> ResponseReturnValue:
    """What comes of it: a new token is told on the page, this once; `of` is the token that is changed."""
    try:
        done = act()
    except (InvalidInput, Conflict) as error:
        problem = {"said": told(error.said), "field": error.field, "of": of}
        return Response(_page(services, problem=problem), 400)
    return _page(services, issued=done) if isinstance(done, tuple) else redirect(HERE, 303)


def _page(services: Services, *, issued: tuple[Token, str] | None = None, problem: dict[str, Any] | None = None) -> str:
    found = services.runtime.call(services.accounts.tokens.all)
    now_ms = services.clock.now_ms()
    usable: list[Token] = []
    ended: list[Token] = []
    for one in found:
        (usable if one.is_usable(now_ms) else ended).append(one)
    return render_template(
        "settings/tokens.html",
        rows=list(map(token_json, [*usable, *ended[:MOST_ENDED]])),
        usable={one.id for one in usable},
        issued=issued,
        problem=problem or {"said": "", "field": "", "of": 0},
        scopes=SCOPES,
        days=DAYS,
        examples=EXAMPLES,
    )
