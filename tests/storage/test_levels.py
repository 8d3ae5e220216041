"""Events of named levels: every store finds the same."""

import pytest

from app.storage.base import EventFilter, EventStore
from app.storage.base_levels import Levels
from tests.fakes import event, no_fold


@pytest.fixture
def store(event_store: EventStore) -> EventStore:
    """A job's start, a line of log, an error and two alerts."""
    return filled(event_store)


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
