"""Ten thousand instances: what an evaluation asks of the database does not grow with them."""

from collections import Counter

import pytest
from sqlalchemy import event

from app.storage.base_series import RAW_MS, Point
from tests.fakes import NOW_MS

NUMBER = 10_000


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read here is kept in memory, or by statements that all databases have."""
    return sqlite_url


@pytest.fixture
def statements(watch):
    """Counts what the database is asked, by its first word."""
    found: Counter[str] = Counter()

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        found[statement.split()[0]] += 1

    for engine in (watch.database.engine, watch.database._reader):
        event.listen(engine, "before_cursor_execute", note)
    return found


def test_ten_thousand_instances_are_evaluated_by_few_queries(watch, statements):
    """A rule over as many series: they fire by some dozens of statements, and then stand by less than ten a turn."""
    watch.add(
        condition={"metric": "queue", "operator": ">", "threshold": 10}, scope=["shop"], window=60_000, groupWait=0
    )
    at_ms = NOW_MS - NOW_MS % RAW_MS
    watch.series.record(Point("queue", (("shop", str(n)),), at_ms, 20.0, 1, 20.0, 20.0) for n in range(NUMBER))
    statements.clear()

    assert watch.see(1_000) == ["backlog firing"]
    assert len(watch.alerts.instances()) == NUMBER
    assert watch.store.incidents()[0].members == NUMBER
    assert statements["INSERT"] <= NUMBER // 500 + 5

    statements.clear()
    watch.alerts.evaluate()
    assert sum(statements.values()) <= 10
