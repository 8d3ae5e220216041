"""The status page: the ledger of all events, what waits where, who is connected, and how the server itself fares.

It shows what ``GET /api/v1/status`` answers, and renews itself every few seconds.
"""

from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import lazy_gettext

from app.accounts import names
from app.accounts.access import require
from app.services import Services

PROCESSES: Final = 50
LEVELS: Final = {
    "ok": lazy_gettext("takes all that comes"),
    "slow": lazy_gettext("senders are asked to slow down"),
    "shed": lazy_gettext("senders are asked to sum items up"),
    "stop": lazy_gettext("senders wait with what they have"),
}
"""The levels of the queue in words."""

TASKS: Final = {
    "tell other processes": lazy_gettext("tell the other processes of this one, and hear of them"),
    "sample system": lazy_gettext("read the host's figures"),
    "evaluate alerts": lazy_gettext("evaluate alerts"),
    "send notices": lazy_gettext("send what people are to be told"),
    "watch jobs": lazy_gettext("look for lost and stalled jobs"),
    "index texts": lazy_gettext("make errors and logs searchable by their words"),
    "group errors": lazy_gettext("put errors that are alike together"),
    "call the dead man's switch": lazy_gettext("tell the dead man's switch that the server lives"),
    "keep the claim": lazy_gettext("see that no other server has the database"),
    "look up own metrics": lazy_gettext("see which metrics of your own there are"),
    "back up": lazy_gettext("back up, when it is time"),
    "roll up series": lazy_gettext("sum up figures"),
    "forget notices": lazy_gettext("forget old notices"),
    "forget timelines": lazy_gettext("forget old timelines of alerts"),
    "finish deletions": lazy_gettext("delete the events of deleted jobs"),
    "count what is kept": lazy_gettext("count what is kept, as often as it is cheap"),
    "pack events": lazy_gettext("pack what finished jobs have told"),
    "clean up": lazy_gettext("delete what is too old"),
}
"""The scheduler's tasks in words."""


CLOSED: Final = {
    "client_disconnect": lazy_gettext("closed by the client"),
    "transport_close": lazy_gettext("gone, as when a page is left"),
    "transport_error": lazy_gettext("broken on the way"),
    "ping_timeout": lazy_gettext("silent for too long"),
    "server_disconnect": lazy_gettext("closed by the server"),
    "shutdown": lazy_gettext("the server stopped"),
    "not_reading": lazy_gettext("did not read what it was sent"),
    "access_ended": lazy_gettext("access had ended"),
    "unauthenticated": lazy_gettext("did not say who it was"),
    "address": lazy_gettext("from an address that its token is not taken from"),
    "protocol": lazy_gettext("sent what is no Socket.IO"),
}
"""Why sockets were closed, in words."""

REFUSED: Final = {
    "unauthorized": lazy_gettext("no or wrong credentials"),
    "forbidden": lazy_gettext("credentials for something else"),
    "rate_limited": lazy_gettext("too many from an address"),
    "too_many_connections": lazy_gettext("no room for more"),
}
"""Why sockets were refused, in words."""

KINDS: Final = {
    "events": lazy_gettext("Events"),
    "logs": lazy_gettext("Log events among them"),
    "series": lazy_gettext("Figures over time"),
    "jobs": lazy_gettext("Jobs"),
}
"""What the store holds, in words."""

LIMITS: Final = {
    "names": lazy_gettext("too many metrics: new ones are dropped"),
    "label_names": lazy_gettext("too many labels: new ones are left out"),
    "label_values": lazy_gettext("too many values: new ones are kept as “other”"),
    "series": lazy_gettext("too many sets of labels: new ones are kept as “other” or dropped"),
}
"""The limits of users' own metrics in words."""


def blueprint(services: Services) -> Blueprint:
    """``/settings/status``."""
    pages = Blueprint("status_pages", __name__)

    @pages.get("/settings/status")
    @require("read")
    def status() -> str:
        found = services.runtime.call(services.status.read)
        return render_template(
            "settings/status.html",
            status=found,
            processes=_processes(found["senders"]),
            levels=LEVELS,
            tasks=TASKS,
            limits=LIMITS,
            kinds=KINDS,
            closed=CLOSED,
            refused=REFUSED,
            mode=services.runtime.name,
            server=names.SERVER,
        )

    return pages


def _processes(senders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The processes that reported last, of all senders, each with its sender's name."""
    found = [
        {**process, "sender": sender["name"]}
        for sender in senders
        if sender["reported"]
        for process in sender["reported"]["processes"]
    ]
    return sorted(found, key=lambda process: str(process["at"]), reverse=True)[:PROCESSES]
