"""The audit log as a file: exactly the lines that its page shows with the same filters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.accounts.audit import Audit
from app.accounts.view import entry_json
from app.core.clock import rfc3339
from app.exports.tables import PAGE, Page, Table
from app.queries import audit_filter
from app.storage.base_audit import AuditEntry

_COLUMNS: Final = (
    "id", "at", "actorKind", "actor", "actorId", "address", "agent", "action", "kind", "objectId", "name", "before",
    "after",
)  # fmt: skip
FILTERS: Final = ("who", "action", "kind", "id", "q", "from", "to")


def audit(log: Audit, args: Mapping[str, str]) -> Table:
    """Its lines, newest first; raises `InvalidInput` at once."""
    wanted = audit_filter(args, log.clock.now_ms())

    first = log.entries(wanted, limit=PAGE)  # before the export itself has its line

    def pages() -> Iterator[Page]:
        found = first
        while True:
            yield Page(found, None)
            if len(found) < PAGE:
                return
            found = log.entries(wanted, before=found[-1].id, limit=PAGE)

    return Table(pages(), _COLUMNS, _row, entry_json)


def _row(entry: AuditEntry) -> Sequence[object]:
    return [
        entry.id,
        rfc3339(entry.at),
        entry.actor_kind,
        entry.actor,
        entry.actor_id,
        entry.address,
        entry.agent,
        entry.action,
        entry.kind,
        entry.object_id,
        entry.name,
        entry.before,
        entry.after,
    ]
