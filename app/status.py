"""How the server fares: the ledger of all that was ever received, what waits and where, and what the process does.

The ledger says what became of every event. What the server received is kept by the store, exactly and for ever::

    received = stored + duplicates + rejected

and what never came is reported by the senders (`app.ingest.reports`)::

    emitted = stored + rejected + dropped + waiting

Of what was stored, it also says which figures were not kept as they came (`app.metrics.limits`).
The object that `Status.read` returns is ``GET /api/v1/status``, and what ``/settings/status`` shows. Times in it are
RFC 3339, durations ms, sizes bytes.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.accounts.service import Accounts
from app.core.clock import Clock, rfc3339, rfc3339_or_none
from app.ingest.refusals import Refusals
from app.ingest.reports import Report, Reports, SenderReport
from app.metrics import limits
from app.storage.base import EventStore
from app.storage.base_about import About
from app.storage.sql.about import about
from app.storage.sql.database import Database

VERSION: Final[str] = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["version"]
PROCESSES: Final = 20
"""Processes of a sender that are shown one by one, the last heard first."""
CROWDED: Final = 0.5
"""Share of the queue from which on its length is everybody's business."""
NOTHING: Final[Mapping[str, Any]] = {"waiting": 0, "level": "ok"}


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """How a task of the scheduler fares; times in ms since 1970 UTC, None for never.

    Attributes:
        last_run: when it last began.
        last_duration_ms: how long it took the last time it ended.
        last_failure: when it last failed.
        failure: how, in a line.
    """

    name: str
    interval_ms: int
    last_run: int | None = None
    last_duration_ms: int | None = None
    last_failure: int | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """What the process has of its own.

    Attributes:
        sockets: the sockets' figures: who is connected, lags, was refused or closed.
        connections: each sender's open sockets.
        tasks: how each task of the scheduler fares.
        others: what other processes tell of themselves: their sockets' figures, and ``{"senders": {id: n}}``.
    """

    sockets: Mapping[str, Any]
    connections: Mapping[int, set[str]]
    tasks: Sequence[TaskStatus]
    others: Sequence[Mapping[str, Any]] = ()

    def all_sockets(self) -> dict[str, Any]:
        """The sockets' figures of all processes together."""
        every = [self.sockets, *self.others]
        counted = ("sockets", "refused", "closed")
        summed = {name: sum((Counter(one.get(name, {})) for one in every), Counter()) for name in counted}
        return {**summed, "lagging": sum(one.get("lagging", 0) for one in every)}

    def all_connections(self) -> Counter[int]:
        """How many sockets each sender has open at any process."""
        mine = Counter({sender_id: len(sockets) for sender_id, sockets in self.connections.items()})
        return sum((Counter({int(who): n for who, n in other["senders"].items()}) for other in self.others), mine)


@dataclass(slots=True)
class Tally:
    """What the server did with what it received."""

    stored: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    merged: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def json(self) -> dict[str, Any]:
        """As it is shown, with the sum."""
        return {
            "received": self.stored + self.duplicates + self.rejected.total(),
            "stored": self.stored,
            "duplicates": self.duplicates,
            "rejected": dict(self.rejected),
            "figures": {"merged": dict(self.merged), "dropped": dict(self.dropped)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """See the module.

    Attributes:
        ingest: the door's figures: what waits, lag, and each sender's share.
        own_metrics: as `app.metrics.limits.Limits.read`.
        process: asked each time, since its parts are made after this one.
        began_ms: when the process began.
        backups: as `app.storage.backup.schedule.Backups.told`; None where there are none.
        held: as `app.storage.holding.Holding.told`.
        evaluated: when alert rules were last evaluated by any process; None for never.
        store: what the events are kept in, if that is a server of their own.
    """

    clock: Clock
    database: Database
    events: EventStore
    accounts: Accounts
    reports: Reports
    refusals: Refusals
    ingest: Callable[[], Mapping[str, Any]]
    own_metrics: Callable[[], Mapping[str, Any]]
    process: Callable[[], Process]
    began_ms: int
    evaluated: Callable[[], int | None] = lambda: None
    store: Callable[[], About | None] = lambda: None
    backups: Callable[[], Mapping[str, Any] | None] = lambda: None
    held: Callable[[], Mapping[str, Any] | None] = lambda: None

    def read(self) -> dict[str, Any]:
        """All of it; call from a real thread.

        Raises:
            Unavailable: the database is away.
        """
        tallies, reports = _tallies(self.events), self.reports.by_sender()
        ingest, process = self.ingest(), self.process()
        return {
            **self._told(ingest, process),
            "sockets": _sockets(process.all_sockets()),
            "processes": 1 + len(process.others),
            "alerts": {"evaluatedAt": rfc3339_or_none(self.evaluated())},
            "storage": self._storage(),
            "ledger": _ledger(tallies, reports),
            "senders": self._senders(tallies, reports, ingest["senders"], process.all_connections()),
        }

    def of_process(self) -> dict[str, Any]:
        """What can be told without the database."""
        return self._told(self.ingest(), self.process())

    def _told(self, ingest: Mapping[str, Any], process: Process) -> dict[str, Any]:
        now_ms = self.clock.now_ms()
        return {
            "now": rfc3339(now_ms),
            "version": VERSION,
            "startedAt": rfc3339(self.began_ms),
            "uptime": max(0, now_ms - self.began_ms),
            "ingest": {name: told for name, told in ingest.items() if name != "senders"},
            "sockets": _sockets(process.sockets),
            "ownMetrics": dict(self.own_metrics()),
            "tasks": [_task(task) for task in process.tasks],
        }

    def trouble(self) -> str:
        """Why events have to wait with their senders: `storage_full`, `storage_down`, `busy`; "" while all is well.

        One sender that floods the server is its own trouble, not everybody's.
        """
        ingest = self.ingest()
        crowded = ingest["waiting"] >= CROWDED * ingest["capacity"]
        return self.refusals.trouble() or ("busy" if crowded else "")

    def _storage(self) -> dict[str, Any]:
        found, store = about(self.database), self.store()
        return {
            "database": found.name,
            "version": found.version,
            "durable": self.events.durable,
            "size": found.size_bytes,
            "wal": found.wal_bytes,
            "store": store and {"name": store.name, "version": store.version, "size": store.size_bytes},
            "backups": self.backups(),
            "held": self.held(),
        }

    def _senders(
        self,
        tallies: Mapping[int, Tally],
        reports: Mapping[int, SenderReport],
        shares: Mapping[int, Mapping[str, Any]],
        connections: Mapping[int, int],
    ) -> list[dict[str, Any]]:
        """Those of whom anything is known, by name."""
        names = self.accounts.sender_names()
        found = [
            {
                "name": names.get(sender_id, f"#{sender_id}"),
                **tallies.get(sender_id, Tally()).json(),
                **shares.get(sender_id, NOTHING),
                "connections": connections.get(sender_id, 0),
                "lastHeardAt": rfc3339_or_none(self.reports.heard_ms(sender_id)),
                "reported": _reported(reports[sender_id]) if sender_id in reports else None,
            }
            for sender_id in tallies.keys() | reports.keys() | connections.keys()
        ]
        return sorted(found, key=lambda sender: str(sender["name"]).casefold())


def _tallies(events: EventStore) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for (sender_id, outcome, code), count in events.tallies().items():
        tally = found.setdefault(sender_id, Tally())
        match outcome:
            case "stored":
                tally.stored += count
            case "duplicate":
                tally.duplicates += count
            case limits.MERGED:
                tally.merged[code] += count
            case limits.DROPPED:
                tally.dropped[code] += count
            case _:
                tally.rejected[code] += count
    return found


def _ledger(tallies: Mapping[int, Tally], reports: Mapping[int, SenderReport]) -> dict[str, Any]:
    """The sums over all senders."""
    total = Tally()
    for tally in tallies.values():
        total.stored += tally.stored
        total.duplicates += tally.duplicates
        total.rejected.update(tally.rejected)
        total.merged.update(tally.merged)
        total.dropped.update(tally.dropped)
    dropped: Counter[str] = Counter()
    for report in reports.values():
        dropped.update(report.total.dropped)
    waiting = sum(report.waiting for report in reports.values())
    return {**total.json(), "dropped": dict(dropped), "waiting": waiting}


def _reported(report: SenderReport) -> dict[str, Any]:
    total = report.total
    return {
        "at": rfc3339(total.at_ms),
        "emitted": total.emitted,
        "stored": total.stored,
        "duplicates": total.duplicates,
        "rejected": dict(total.rejected),
        "dropped": dict(total.dropped),
        "waiting": report.waiting,
        "difference": report.difference,
        "truncated": total.truncated,
        "adopted": total.adopted,
        "processes": [_process(process) for process in report.processes[:PROCESSES]],
    }


def _process(report: Report) -> dict[str, Any]:
    return {
        "host": report.host,
        "pid": report.pid,
        "at": rfc3339(report.at_ms),
        "emitted": report.emitted,
        "dropped": dict(report.dropped),
        "spool": {"events": report.waiting, "bytes": report.spool_bytes, "oldest": rfc3339_or_none(report.oldest_ms)},
    }


def _sockets(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scrapers": figures["sockets"].get("/", 0),
        "viewers": figures["sockets"].get("/live", 0),
        "lagging": figures["lagging"],
        "refused": dict(figures["refused"]),
        "closed": dict(figures["closed"]),
    }


def _task(task: TaskStatus) -> dict[str, Any]:
    return {
        "name": task.name,
        "interval": task.interval_ms,
        "lastRunAt": rfc3339_or_none(task.last_run),
        "lastDuration": task.last_duration_ms,
        "lastFailureAt": rfc3339_or_none(task.last_failure),
        "failure": task.failure or None,
    }
