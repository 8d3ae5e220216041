"""Rules and incidents from before migration 0010 are there after it, and again after the way back."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.alerts.opening import open_alerts
from app.alerts.service import Bells
from app.storage.memory import MemoryEventStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.sql import migrate
from app.storage.sql.alerts import SqlAlertStore
from app.storage.sql.database import Database
from tests.fakes import NOW_MS, StoppedClock
from tests.postgres import Postgres

RULE = {
    "id": 7, "name": "backlog", "metric": "queue", "operator": ">", "threshold": 10.0, "severity": "warning",
    "channels": '["slack"]', "cooldown_ms": 60_000, "min_samples": 3, "enabled": True,
}  # fmt: skip
OPEN = {
    "id": 21, "version": 4, "rule_id": 7, "rule": "backlog", "severity": "warning", "state": "acknowledged",
    "started_at": NOW_MS, "ended_at": None, "value": 20.0, "peak": 30.0, "reason": "", "acked_by": "ana",
    "acked_at": NOW_MS + 1, "note": "looking", "told": "firing", "told_at": NOW_MS,
}  # fmt: skip
OVER = {**OPEN, "id": 20, "state": "resolved", "ended_at": NOW_MS - 5, "reason": "recovered", "told": "resolved"}


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path):
    """A database of each kind as of migration 0009, with a rule and two incidents."""
    if request.param == "sqlite":
        yield filled(f"sqlite:///{tmp_path / 'old.db'}")
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    with server.database(migrated=False) as url:
        yield filled(url)


def filled(url: str) -> str:
    with migrate.prepared(url) as config:
        command.upgrade(config, "0009")
    engine = create_engine(url)
    with engine.begin() as connection:
        for table, row in (("rules", RULE), ("incidents", OVER), ("incidents", OPEN)):
            connection.execute(text(f"INSERT INTO {table} VALUES ({', '.join(f':{name}' for name in row)})"), row)
    engine.dispose()
    return url


def rows(url: str, table: str) -> list[dict[str, Any]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()]
    engine.dispose()
    return found


def test_what_was_there_goes_on(old_url: str):
    """The rule with its fields, the history, and the open incident, which is resolved by the figure that ends it."""
    migrate.upgrade(old_url)
    database, clock = Database(old_url), StoppedClock()
    events = MemoryEventStore(clock, lambda points: None)
    values = {"queue": 20.0}
    bells = Bells(announce=lambda data: None, kick=lambda: None)
    alerts = open_alerts(database, events, MemorySeriesStore(), lambda: values, clock, bells)
    (rule,) = alerts.list_rules()
    before = alerts.incidents()
    clock.advance(5_000)
    alerts.evaluate()
    values["queue"] = 1.0
    for _ in range(2):
        clock.advance(120_000)
        alerts.evaluate()
    over, last = alerts.incidents()
    database.close()

    assert (rule.id, rule.name, rule.min_samples, rule.channels, rule.cooldown_ms) == (
        7,
        "backlog",
        3,
        ("slack",),
        60_000,
    )
    assert [(one.id, one.state, one.acked_by, one.note) for one in before] == [
        (21, "acknowledged", "ana", "looking"), (20, "resolved", "ana", "looking"),
    ]  # fmt: skip
    assert (over.id, over.state, over.peak, last.id) == (21, "resolved", 30.0, 20)


def test_a_new_rule_gets_a_number_of_its_own(old_url: str):
    """Also where the database counts by itself."""
    migrate.upgrade(old_url)
    database = Database(old_url)
    store = SqlAlertStore(database)
    (row,) = store.rules()
    added = store.add_rule(type(row)(name="other", config={**row.config, "name": "other"}))
    database.close()

    assert added is not None
    assert added.id > 7


def test_the_way_back_gives_what_was(old_url: str):
    """Each row as it was."""
    before = rows(old_url, "rules"), rows(old_url, "incidents")
    migrate.upgrade(old_url)
    with migrate.prepared(old_url) as config:
        command.downgrade(config, "0009")

    assert (rows(old_url, "rules"), rows(old_url, "incidents")) == before
