"""Every step of an incident, by a table of values and times."""

from dataclasses import replace

import pytest

from app.alerts.states import due, is_cooling, message, moved, told, value_of
from app.storage.base_alerts import Incident, Rule
from tests.fakes import NOW_MS

RULE = Rule(
    id=7, name="slow", metric="speed", operator="<", threshold=10, severity="error", channels=(), cooldown_ms=60_000
)
FIRING = Incident(
    id=1, rule_id=7, rule="slow", severity="error", started_at=NOW_MS, value=5, peak=5, told="firing", told_at=NOW_MS
)
ACKED = replace(FIRING, state="acknowledged", acked_by="ana", acked_at=NOW_MS + 1, note="looking")
OVER = replace(FIRING, state="resolved", ended_at=NOW_MS + 10_000, value=12, reason="recovered", told="resolved")


@pytest.mark.parametrize("last", [None, OVER], ids=["the first", "after one that is over"])
def test_a_condition_that_holds_opens_an_incident(last: Incident | None):
    """New, at this time and value, when no notice is so recent that it would be the same story."""
    found = moved(RULE, last, 4, NOW_MS + 60_000)

    assert found == Incident(
        rule_id=7, rule="slow", severity="error", started_at=NOW_MS + 60_000, value=4, peak=4, state="firing"
    )


@pytest.mark.parametrize("last", [None, OVER])
def test_a_condition_that_does_not_hold_opens_none(last: Incident | None):
    """At the threshold "below" does not hold."""
    assert moved(RULE, last, 10, NOW_MS) is None


@pytest.mark.parametrize("last", [FIRING, ACKED], ids=["firing", "acknowledged"])
def test_an_incident_is_resolved_when_its_condition_no_longer_holds(last: Incident):
    """At once, whatever the cooldown; who looked after it stays written."""
    found = moved(RULE, last, 11, NOW_MS + 1)

    assert found == replace(last, state="resolved", ended_at=NOW_MS + 1, value=11, reason="recovered")


@pytest.mark.parametrize("last", [FIRING, ACKED, OVER, None])
def test_no_value_changes_nothing(last: Incident | None):
    """Missing data neither opens nor resolves."""
    assert moved(RULE, last, None, NOW_MS + 999_999) is None


@pytest.mark.parametrize("value", [5, 6, 9.9])
def test_an_incident_that_goes_on_is_not_written_again(value: float):
    """Nothing to store while it is no worse than it was."""
    assert moved(RULE, FIRING, value, NOW_MS) is None


def test_the_peak_is_the_worst_value():
    """Below 5 is worse; the state stays, also an acknowledged one."""
    assert moved(RULE, ACKED, 2, NOW_MS) == replace(ACKED, peak=2)


def test_an_incident_opens_again_within_the_cooldown():
    """59.999 s after the notice it is the same one, not acknowledged, its beginning and its peak kept."""
    over = replace(ACKED, state="resolved", ended_at=NOW_MS + 10_000, reason="recovered", told="resolved")
    found = moved(RULE, over, 8, NOW_MS + 59_999)

    assert found == replace(FIRING, value=8, peak=5, told="resolved")


def test_a_paused_rule_resolves_its_incident():
    """It says so, whether or not the condition holds, and opens no other."""
    paused = replace(RULE, enabled=False)

    assert moved(paused, FIRING, 1, NOW_MS + 5) == replace(
        FIRING, state="resolved", ended_at=NOW_MS + 5, reason="paused"
    )
    assert moved(paused, None, 1, NOW_MS) is None
    assert moved(paused, OVER, 1, NOW_MS) is None


@pytest.mark.parametrize(
    ("incident", "after_ms", "state"),
    [
        (replace(FIRING, told="", told_at=None), 0, "firing"),
        (FIRING, 999_999, ""),
        (ACKED, 999_999, ""),
        (replace(FIRING, told="resolved"), 59_999, ""),
        (replace(FIRING, told="resolved"), 60_000, "firing"),
        (replace(OVER, told="firing"), 0, "resolved"),
        (OVER, 999_999, ""),
        (replace(OVER, told="", told_at=None), 0, ""),
    ],
    ids=[
        "new", "told already", "acknowledged", "again, too soon", "again, still there after the cooldown",
        "over, at once", "over and told", "over before it was told",
    ],
)  # fmt: skip
def test_what_is_to_be_told(incident: Incident, after_ms: int, state: str):
    """A problem once and not too often; its end at once, to those who heard of the problem."""
    assert due(RULE, incident, NOW_MS + after_ms) == state


def test_telling_of_a_problem_begins_the_cooldown():
    """Telling that it is over does not."""
    again = told(FIRING, "firing", NOW_MS + 5)
    over = told(OVER, "resolved", NOW_MS + 5)

    assert (again.told, again.told_at) == ("firing", NOW_MS + 5)
    assert (over.told, over.told_at) == ("resolved", NOW_MS)


def test_a_clock_set_back_silences_nobody():
    """Five minutes back, a notice seems to come from the future; it does not hold the next one."""
    assert is_cooling(RULE, FIRING, NOW_MS + 59_999)
    assert not is_cooling(RULE, FIRING, NOW_MS - 300_000)


@pytest.mark.parametrize(
    ("values", "value"),
    [
        ({}, None),
        ({"jobs.failureRate": 1.0, "jobs.finished": 4}, None),
        ({"jobs.failureRate": 0.4, "jobs.finished": 5}, 0.4),
        ({"jobs.finished": 5}, None),
    ],
    ids=["nothing measured", "too few", "enough", "no value"],
)
def test_of_too_few_samples_nothing_is_concluded(values: dict[str, float], value: float | None):
    """Four failures of four jobs are no failure rate to a rule that wants five."""
    rule = replace(RULE, metric="jobs.failureRate", min_samples=5)

    assert value_of(rule, values) == value


def test_own_metrics_are_not_counted_by_samples():
    """A user's value is taken as it is."""
    assert value_of(replace(RULE, min_samples=5), {"speed": 3.0}) == 3.0


@pytest.mark.parametrize(
    ("metric", "operator", "threshold", "state", "value", "sentence"),
    [
        ("jobs.failureRate", ">", 0.1, "firing", 0.25, "jobs.failureRate is 25 %, above 10 %."),
        ("jobs.failureRate", ">", 0.1, "resolved", 0.05, "jobs.failureRate is 5 %; the alert was for above 10 %."),
        ("performance.itemsPerSecond", "<=", 2, "firing", 1.5,
         "performance.itemsPerSecond is 1.5 per second, at or below 2 per second."),
        ("queue", "==", 0, "firing", 0, "queue is 0, at 0."),
        ("queue", ">", 0.00001, "firing", 2.0004, "queue is 2, above 1e-05."),
        ("system.memory.free", "<", 1e9, "firing", 123456789,
         "system.memory.free is 123,456,789 bytes, below 1,000,000,000 bytes."),
    ],
)  # fmt: skip
def test_a_message_is_a_sentence(metric: str, operator: str, threshold: float, state: str, value: float, sentence: str):
    """With the metric, its value in its unit, and the threshold in words."""
    rule = replace(RULE, metric=metric, operator=operator, threshold=threshold)

    assert message(rule, state, value) == sentence
