"""Alerts as pages and API use them."""

from collections import Counter

import pytest

from app.alerts.defaults import DEFAULTS
from app.alerts.service import MAX_NOTE
from app.alerts.shapes import incident_json
from app.core.errors import Conflict, InvalidInput, NotFound
from app.storage.base import Commit
from app.storage.base_alerts import Incident, IncidentFilter
from app.storage.base_evaluations import Change, Turn
from app.storage.base_series import Cells
from tests.alerts.conftest import CONFIG
from tests.fakes import NOW_MS, event


def firing(watch, *names: str):
    """An incident of each name, oldest first."""
    for name in names:
        watch.add(name=name, condition={**CONFIG["condition"], "metric": name})
    for name in names:
        watch.see(**{name: 20})
    return watch.store.incidents()[::-1]


def test_a_new_house_begins_with_the_defaults(watch):
    """Once: what was deleted or is there already is not added again."""
    watch.alerts.begin()
    watch.alerts.begin()

    assert [rule.name for rule in watch.alerts.list_rules()] == ["high_failure_rate", "system_overload"]
    assert [rule.channels for rule in watch.alerts.list_rules()] == [rule.channels for rule in DEFAULTS]


def test_the_defaults_fire_on_what_they_watch(watch):
    """One failed job of five is above a tenth; a processor at 90 % is above eight tenths."""
    watch.alerts.begin()
    quiet = {"jobs.finished": 5, "system.readings": 12}

    failing = {**quiet, "jobs.failureRate": 0.2, "system.cpu.usage": 0.9}
    told = watch.see(**failing)

    assert sorted(set(told)) == ["high_failure_rate firing", "system_overload firing"]
    assert [len(told), *Counter(told).values()] == [5, 2, 3]  # slack and email; slack, email and sms
    well = {**quiet, "jobs.failureRate": 0.1, "system.cpu.usage": 0.8}
    assert watch.see(5_000, **well) == []
    assert watch.see(119_999, **well) == []
    assert Counter(watch.see(1, **well)) == {"high_failure_rate resolved": 2, "system_overload resolved": 3}


def test_incidents_are_counted_and_chosen_by_the_database(watch):
    """Of 1,200, by severity and by the minute they began in; of more than are asked for the newest, which is told."""
    began = NOW_MS - 1_200_000
    opened = [
        Incident(
            rule_id=n, rule=f"Queue {n % 3}", severity="critical" if n % 4 else "info", started_at=began + n * 1_000,
            opened_at=began, value=1.0, peak=1.0, muted="" if n % 5 else "silence 4: known",
        )
        for n in range(1_200)
    ]  # fmt: skip
    lease = watch.evaluations.take_lease("one", NOW_MS, 10_000)
    watch.evaluations.write(
        lease, Turn(at=NOW_MS, expires_at=NOW_MS, cursor=0, changes=[Change(incident=one) for one in opened])
    )
    over = Cells(began, 60_000, 20)

    found = watch.alerts.count(IncidentFilter(), over, 10_000)
    assert found.cells == Counter(((one.severity,), (one.started_at - began) // 60_000) for one in opened)
    narrow = IncidentFilter(states=("firing",), severities=("info",), rule="queue 1", from_ms=began + 600_000)
    expected = [one for one in opened[600:] if one.severity == "info" and one.rule == "Queue 1"]
    assert watch.alerts.count(narrow, over, 10_000).counted == len(expected)
    assert [one.rule_id for one in watch.alerts.incidents(narrow, limit=1)] == [expected[-1].rule_id]
    standing = watch.alerts.standing()
    assert (standing.firing, standing.acknowledged, standing.silenced) == (960, 0, 240)
    newest = watch.alerts.count(IncidentFilter(), over, 100)
    assert (newest.counted, newest.of) == (100, 1_200)
    assert {cell for _, cell in newest.cells} == {18, 19}


def test_incidents_are_listed_newest_first_by_state_and_page(watch):
    """Of three, one is looked after and one is over."""
    first, second, third = firing(watch, "a", "b", "c")
    watch.alerts.acknowledge(second.id, "ana")
    watch.see(a=0)

    def listed(*states: str, **page: int) -> list[int]:
        return [incident.id for incident in watch.alerts.incidents(IncidentFilter(states=states), **page)]

    assert listed() == [third.id, second.id, first.id]
    assert listed("firing") == [third.id]
    assert listed("firing", "acknowledged") == [third.id, second.id]
    assert listed("resolved") == [first.id]
    assert listed(limit=1) == [third.id]
    assert listed(before=third.id, limit=1) == [second.id]
    groups = ((first.rule_id, ()), (second.rule_id, ()), (third.rule_id, (("job", "x"),)))
    assert [one.id for one in watch.alerts.incidents(IncidentFilter(groups=groups))] == [second.id]
    standing = watch.alerts.standing()
    assert (standing.firing, standing.acknowledged, standing.silenced) == (1, 1, 0)


def test_an_unknown_state_is_refused(watch):
    """It is named."""
    with pytest.raises(InvalidInput) as refused:
        watch.alerts.incidents(IncidentFilter(states=("burning",)))

    assert refused.value.field == "state"


def test_acknowledging_says_who_and_stays_until_the_end(watch):
    """It is no change of the condition: nothing is told, a second time changes nothing, the end is told."""
    (incident,) = firing(watch, "backlog")
    acked = watch.alerts.acknowledge(incident.id, "ana", "looking")

    assert (acked.state, acked.acked_by, acked.acked_at, acked.note) == ("acknowledged", "ana", NOW_MS, "looking")
    assert watch.alerts.acknowledge(incident.id, "ben") == acked
    assert watch.see(600_000, backlog=25) == []
    assert watch.see(5_000, backlog=0) == ["backlog resolved"]
    assert watch.alerts.incident(incident.id).acked_by == "ana"


def test_what_is_over_or_never_was_can_t_be_acknowledged(watch):
    """Each refusal is of its own kind."""
    (incident,) = firing(watch, "backlog")
    watch.see(backlog=0)

    with pytest.raises(Conflict):
        watch.alerts.acknowledge(incident.id, "ana")
    with pytest.raises(NotFound):
        watch.alerts.acknowledge(incident.id + 1, "ana")
    with pytest.raises(InvalidInput) as refused:
        watch.alerts.acknowledge(incident.id, "ana", "x" * (MAX_NOTE + 1))
    assert refused.value.field == "note"


def test_an_incident_is_told_in_the_contracts_shape(watch):
    """Times in RFC 3339, null for what has not been."""
    (incident,) = firing(watch, "backlog")

    assert incident_json(incident) == {
        "id": incident.id, "rule": "backlog", "severity": "warning", "state": "firing",
        "startedAt": "2026-11-23T14:32:08.000Z", "endedAt": None, "value": 20.0, "peak": 20.0, "reason": "",
        "labels": {}, "members": 1, "flaps": 0, "again": 0, "muted": "", "note": None,
        "ackedBy": None, "ackedAt": None, "ackedUntil": None,
    }  # fmt: skip
    watch.see(1_000, backlog=0)
    assert incident_json(watch.alerts.incident(incident.id))["endedAt"] == "2026-11-23T14:32:09.000Z"


@pytest.mark.parametrize(
    ("types", "kicks"),
    [
        (("job_started",), 1),
        (("job_failed", "job_completed"), 1),
        (("metric",), 1),
        (("job_lost",), 1),
        (("item_scraped", "job_progress", "log", "heartbeat"), 0),
        (("system_alert",), 0),
    ],
    ids=str,
)
def test_events_that_change_a_job_ask_for_an_evaluation(watch, types: tuple[str, ...], kicks: int):
    """One a commit; none for items, nor for what alerts themselves announce."""
    watch.alerts.on_commit(Commit([], [event(name) for name in types], [], 0))

    assert watch.kicks == kicks


def test_timelines_are_forgotten_after_a_while(watch):
    """What happened within the time stays, and so does the incident."""
    firing(watch, "backlog")
    watch.see(60_000, backlog=0)
    (incident,) = watch.store.incidents()
    assert watch.alerts.clean_up(30_000) == 3
    assert watch.lines(incident) == ["left", "resolved", "notice"]
    assert watch.alerts.clean_up(30_000) == 0
    watch.clock.advance(30_001)
    assert watch.alerts.clean_up(30_000) == 3
    assert watch.store.incidents() == [incident]
