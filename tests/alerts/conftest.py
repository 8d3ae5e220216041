"""Alerts over a real store of each kind, a clock that stands still, and somebody who listens."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from app.alerts.service import Alerts
from app.storage.base_alerts import Rule
from app.storage.sql.alerts import SqlAlertStore, rules
from app.storage.sql.database import Database
from tests.fakes import StoppedClock


class Watch:
    """What an evaluator sees and says; `restart` makes another one over the same store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SqlAlertStore(database)
        self.clock = StoppedClock()
        self.values: dict[str, float] = {}
        self.notices: list[dict[str, Any]] = []
        self.kicks = 0
        self.deaf = False
        self.restart()

    def restart(self) -> None:
        """Forget all but the store."""
        self.alerts = Alerts(self.store, self.clock, lambda: self.values, announce=self._announce, kick=self._kick)

    def add(self, **fields: Any) -> None:
        """Add a rule: queue > 10, told at most once a minute, unless said otherwise."""
        rule = {
            "name": "backlog", "metric": "queue", "operator": ">", "threshold": 10.0, "severity": "warning",
            "channels": (), "cooldown_ms": 60_000, "min_samples": 1, "enabled": True, **fields,
        }  # fmt: skip
        Rule(**rule)
        self.database.write(lambda connection: connection.execute(insert(rules).values(**rule)))

    def see(self, after_ms: int = 0, **values: float) -> list[str]:
        """Evaluate later, on these values; returns the states told."""
        before = len(self.notices)
        self.clock.advance(after_ms)
        self.values = values
        self.alerts.evaluate()
        return [f"{notice['name']} {notice['state']}" for notice in self.notices[before:]]

    def _announce(self, notice: dict[str, Any]) -> None:
        if self.deaf:
            raise RuntimeError("nobody can be told")
        self.notices.append(notice)

    def _kick(self) -> None:
        self.kicks += 1


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    """No rules, no incidents."""
    database = Database(database_url)
    yield Watch(database)
    database.close()
