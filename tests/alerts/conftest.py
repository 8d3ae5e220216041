"""Alerts over a real store of each kind, a clock that stands still, and somebody who listens."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.alerts.opening import open_alerts
from app.alerts.service import Alerts, Bells
from app.storage.base_alerts import Incident
from app.storage.base_notices import NoticeFilter
from app.storage.memory import MemoryEventStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.sql.alerts import SqlAlertStore
from app.storage.sql.database import Database
from app.storage.sql.evaluations import SqlEvaluationStore
from app.storage.sql.notices import SqlNoticeStore
from tests.fakes import StoppedClock

CONFIG: dict[str, Any] = {
    "name": "backlog",
    "condition": {"metric": "queue", "operator": ">", "threshold": 10},
    "severity": "warning",
    "channels": ["slack"],
    "cooldown": 60_000,
}


class Watch:
    """What an evaluator sees and says; `restart` makes another one over the same store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SqlAlertStore(database)
        self.evaluations = SqlEvaluationStore(database)
        self.outbox = SqlNoticeStore(database)
        self.clock = StoppedClock()
        self.series = MemorySeriesStore()
        self.events = MemoryEventStore(self.clock, self.series.record)
        self.values: dict[str, float] = {}
        self.announced: list[dict[str, Any]] = []
        self.kicks = 0
        self.deaf = False
        self.alerts = self.another()

    def restart(self) -> None:
        """Forget all but the stores, as after a clean stop."""
        self.alerts.release(10)
        self.alerts = self.another()

    def another(self) -> Alerts:
        """One more evaluator over the same stores."""
        bells = Bells(announce=self._announce, kick=self._kick)
        alerts = open_alerts(self.database, self.events, self.series, lambda: self.values, self.clock, bells)
        alerts.rebuild()
        return alerts

    def add(self, **fields: Any) -> int:
        """Add a rule, over as soon as its condition no longer holds unless said otherwise; returns its id."""
        return self.alerts.rules.create({**CONFIG, "keepFiringFor": 0, **fields}).id

    def see(self, after_ms: int = 0, **values: float) -> list[str]:
        """Evaluate later, on these values; returns the notices that it made, oldest first."""
        before = len(self.told())
        self.clock.advance(after_ms)
        self.values = values
        self.alerts.evaluate()
        return self.told()[before:]

    def told(self) -> list[str]:
        """Every notice so far: rule and kind."""
        notices = self.outbox.notices(NoticeFilter(), limit=10_000)[::-1]
        return [f"{notice.body['rule']} {notice.kind}" for notice in notices]

    def bodies(self) -> list[Any]:
        """What every notice says."""
        return [notice.body for notice in self.outbox.notices(NoticeFilter(), limit=10_000)[::-1]]

    def lines(self, incident: Incident) -> list[str]:
        """The kinds of the lines of its timeline."""
        return [entry.kind for entry in self.store.timeline(incident.id)]

    def _announce(self, data: dict[str, Any]) -> None:
        if self.deaf:
            raise RuntimeError("nobody can be told")
        self.announced.append(data)

    def _kick(self) -> None:
        self.kicks += 1


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    """No rules, no incidents."""
    database = Database(database_url)
    yield Watch(database)
    database.close()
