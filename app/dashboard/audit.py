"""The audit log: who did what, when and from where; by name, action, kind, time and any text, all in the address."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app import queries
from app.accounts.access import require
from app.accounts.actions import ACTIONS
from app.accounts.view import entry_json
from app.dashboard.language import gettext
from app.dashboard.links import Query, job_path
from app.dashboard.misread import misread
from app.services import Services
from app.storage.base_audit import AuditEntry

HERE: Final = "/settings/audit"
PAGE_ROWS: Final = 50
FIELDS: Final = ("who", "action", "kind", "id", "q", "from", "to")
NAMES: Final = (*FIELDS, "next")
RANGES: Final = ("-24h", "-7d", "-30d")
FEW: Final = 3
"""Changes that are seen at once; more unfold."""
LONGEST: Final = 200
"""Characters of a value that a page shows."""

ACTORS: Final = {
    "user": lazy_gettext("user"),
    "token": lazy_gettext("token"),
    "link": lazy_gettext("by the link in a notice"),
    "cli": lazy_gettext("command"),
    "server": lazy_gettext("the server itself"),
    "nobody": lazy_gettext("not signed in"),
}
"""What those who act are."""

KINDS: Final = {
    "user": lazy_gettext("user"),
    "token": lazy_gettext("token"),
    "session": lazy_gettext("session"),
    "rule": lazy_gettext("rule"),
    "silence": lazy_gettext("silence"),
    "incident": lazy_gettext("incident"),
    "channel": lazy_gettext("channel"),
    "notice": lazy_gettext("notice"),
    "dashboard": lazy_gettext("dashboard"),
    "view": lazy_gettext("saved view"),
    "job": lazy_gettext("job"),
    "error": lazy_gettext("error"),
    "export": lazy_gettext("export"),
    "backup": lazy_gettext("backup"),
}
"""What something is done to; see `app.accounts.actions`."""

_PATHS: Final = {
    "rule": "/alerts/rules/{}",
    "incident": "/alerts/incidents/{}",
    "channel": "/settings/channels/{}",
    "dashboard": "/dashboards/{}",
}


class Change(NamedTuple):
    """A field that is other than before; None on the side where there is none."""

    field: str
    was: str | None
    is_now: str | None


def blueprint(services: Services) -> Blueprint:
    """``/settings/audit``."""
    pages = Blueprint("audit_pages", __name__)

    @pages.get(HERE)
    @require("admin")
    def log() -> ResponseReturnValue:
        query, now_ms = Query(HERE, request.args, NAMES), services.clock.now_ms()
        wrong = misread(queries.audit_filter, query.args, now_ms, FIELDS)
        found, actors = services.runtime.call(
            lambda: ([] if wrong else _found(services, query, now_ms), services.audit.actors())
        )
        words = {name: gettext(said) for name, said in ACTIONS.items()}
        shown = render_template(
            "settings/audit.html",
            query=query,
            rows=[_row(entry) for entry in found],
            next=queries.next_page([entry.id for entry in found], PAGE_ROWS),
            actors=[(name, name) for name in actors if name],
            actions=words,
            kinds=KINDS,
            actor_kinds=ACTORS,
            ranges=RANGES,
            few=FEW,
            chips=query.chips(_labels()),
            wrong=wrong,
        )
        return shown, 400 if wrong else 200

    return pages


def _found(services: Services, query: Query, now_ms: int) -> list[AuditEntry]:
    wanted = queries.audit_filter(query.args, now_ms)
    return services.audit.entries(wanted, before=queries.before(query.args), limit=PAGE_ROWS)


def _labels() -> dict[str, str]:
    return {
        "who": gettext("who"),
        "action": gettext("what"),
        "kind": gettext("to what"),
        "id": gettext("to which"),
        "q": gettext("text"),
        "from": gettext("from"),
        "to": gettext("to"),
    }


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """What differs, a field a line, those of records by dotted names."""
    was, is_now = dict(_flat(before or {})), dict(_flat(after or {}))
    names = [*was, *(name for name in is_now if name not in was)]
    return [Change(name, was.get(name), is_now.get(name)) for name in names]


def _flat(record: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            yield f"{path}{name}", f"{text[:LONGEST]}…" if len(text) > LONGEST else text


def _row(entry: AuditEntry) -> dict[str, Any]:
    told = entry_json(entry)
    return {**told, "changes": changes(told["before"], told["after"]), "path": _path(entry)}


def _path(entry: AuditEntry) -> str:
    """Where the thing is seen; "" where it is not, or is no more."""
    if entry.action.endswith(".delete"):
        return ""
    if entry.kind == "job":
        return job_path(entry.object_id)
    return _PATHS[entry.kind].format(entry.object_id) if entry.kind in _PATHS and entry.object_id else ""
