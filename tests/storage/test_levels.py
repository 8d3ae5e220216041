"""Events of named levels: every store finds the same."""

from collections.abc import Iterator

import pytest

from app.storage.base import EventFilter, EventStore
from app.storage.base_levels import Levels
from app.storage.memory import MemoryEventStore
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, event, no_fold


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[EventStore]:
    """A job's start, a line of log, an error and two alerts."""
    if request.param == "memory":
        yield filled(MemoryEventStore(StoppedClock(), list))
        return
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    yield filled(SqlEventStore(database, StoppedClock(), merge_points))
    database.close()


def filled(store: EventStore) -> EventStore:
    """The store with all of them."""
    alerts = [event("system_alert", data={"name": "a", "severity": severity}) for severity in ("warning", "info")]
    store.append([event("job_started"), event("log", level=1), event("error", level=4), *alerts], no_fold)
    return store


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        (Levels(), []),
        (Levels(numbers=(1,)), ["log"]),
        (Levels(numbers=(3, 4), types=("job_started", "log")), ["job_started", "error"]),
        (Levels(severities=("warning", "error")), ["system_alert"]),
        (Levels(numbers=(0, 1, 2, 3, 4), types=("job_started",), severities=("info", "warning")), None),
    ],
)
def test_events_are_found_by_level_by_type_and_by_severity(store: EventStore, levels: Levels, found: list[str] | None):
    """What bears a level goes by that alone; None is all of them."""
    everything = [stored.type for stored in store.events_after(EventFilter(), after=0)]
    those = [stored.type for stored in store.events_after(EventFilter(levels=levels), after=0)]

    assert those == (everything if found is None else found)
