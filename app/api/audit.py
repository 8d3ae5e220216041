"""``/api/v1/audit`` and ``/export/audit.…``: who did what, when, from where, and what is other than before."""

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.accounts.view import entry_json
from app.api.answers import answer
from app.api.export import streamed
from app.exports.audit import audit as audit_table
from app.exports.lines import FORMATS
from app.queries import GREATEST, audit_filter, before, limit, next_page
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """For admins alone; there is nothing to change here."""
    audit = Blueprint("audit", __name__)
    call, log = services.runtime.call, services.audit

    @audit.get("/api/v1/audit")
    @require("admin")
    def page() -> Response:
        wanted, size = audit_filter(request.args, services.clock.now_ms()), limit(request.args)
        found = call(log.entries, wanted, before=before(request.args, GREATEST), limit=size)
        return answer({"items": list(map(entry_json, found)), "next": next_page([one.id for one in found], size)})

    @audit.get(f"/export/audit.<any({', '.join(FORMATS)}):kind>")
    @require("admin")
    def table(kind: str) -> Response:
        args = request.args
        return streamed(services, current_actor(), "audit", kind, lambda: audit_table(log, args))

    return audit
