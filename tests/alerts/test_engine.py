"""Rules held against the figures, over a real store."""

import threading
from dataclasses import replace

from sqlalchemy import delete, update

from app.alerts.engine import Engine
from app.storage.sql.alerts import rules
from tests.fakes import NOW_MS

FIRES = ["backlog firing"]
ENDS = ["backlog resolved"]


def test_an_alert_fires_once_and_resolves_once(watch):
    """While the condition holds nothing is told again; when it ends that is told at once."""
    watch.add()

    assert watch.see(queue=10) == []
    assert watch.see(5_000, queue=11) == FIRES
    assert watch.see(5_000, queue=30) == []
    assert watch.see(300_000, queue=12) == []
    assert watch.see(5_000, queue=3) == ENDS
    assert watch.see(5_000, queue=3) == []

    (incident,) = watch.store.incidents()
    assert (incident.state, incident.reason, incident.value, incident.peak) == ("resolved", "recovered", 3, 30)
    assert (incident.started_at, incident.ended_at) == (NOW_MS + 5_000, NOW_MS + 315_000)


def test_a_notice_says_what_an_alert_event_says(watch):
    """Name, severity, state, a sentence, the value and the threshold; and which incident."""
    watch.add()
    watch.see(queue=11)
    watch.see(queue=3)

    (incident,) = watch.store.incidents()
    common = {"name": "backlog", "severity": "warning", "threshold": 10.0, "incident": incident.id}
    assert watch.notices == [
        {**common, "state": "firing", "message": "queue is 11, above 10.", "value": 11},
        {**common, "state": "resolved", "message": "queue is 3; the alert was for above 10.", "value": 3},
    ]


def test_a_problem_that_comes_and_goes_is_told_once_in_a_cooldown(watch):
    """On and off for 50 s is one incident and two notices; after the cooldown it is another, told again."""
    watch.add()
    told = [watch.see(5_000, queue=20 if number % 2 == 0 else 0) for number in range(10)]

    assert told == [FIRES, ENDS] + [[]] * 8
    assert len(watch.store.incidents()) == 1
    assert watch.see(15_000, queue=20) == FIRES
    assert len(watch.store.incidents()) == 2


def test_a_problem_that_came_back_is_told_when_the_cooldown_is_over(watch):
    """Back after 10 s and there to stay: silent at first, told at 60 s, and its end as well."""
    watch.add()
    watch.see(queue=20)
    watch.see(5_000, queue=0)

    assert watch.see(5_000, queue=20) == []
    assert watch.store.counts() == {"firing": 1, "acknowledged": 0}
    assert watch.see(45_000, queue=20) == []
    assert watch.see(5_000, queue=20) == FIRES
    assert watch.see(1_000, queue=0) == ENDS
    assert len(watch.store.incidents()) == 1


def test_a_cooldown_never_delays_the_end(watch):
    """Resolved a second after it fired, within a cooldown of a minute."""
    watch.add()
    watch.see(queue=20)

    assert watch.see(1_000, queue=0) == ENDS


def test_without_a_cooldown_every_fall_is_told(watch):
    """A cooldown of 0 lets every change through, each an incident of its own."""
    watch.add(cooldown_ms=0)
    told = [watch.see(1_000, queue=value) for value in (20, 0, 20, 0)]

    assert told == [FIRES, ENDS, FIRES, ENDS]
    assert len(watch.store.incidents()) == 2


def test_missing_data_never_resolves(watch):
    """The metric is gone for a day: the incident stands; it comes back low: over."""
    watch.add()
    watch.see(queue=20)

    assert watch.see(86_400_000) == []
    assert watch.store.counts()["firing"] == 1
    assert watch.see(5_000, queue=0) == ENDS


def test_too_few_samples_conclude_nothing(watch):
    """Four of four failed jobs do not fire, five do; then three of three good ones do not resolve, five do."""
    watch.add(metric="jobs.failureRate", threshold=0.1, min_samples=5)
    steps = [(1.0, 4), (1.0, 5), (0.0, 3), (0.0, 5)]
    told = [watch.see(5_000, **{"jobs.failureRate": rate, "jobs.finished": count}) for rate, count in steps]

    assert told == [[], FIRES, [], ENDS]


def test_a_firing_incident_goes_on_after_a_restart(watch):
    """It is not told again, and its end is told by the process that sees it."""
    watch.add()
    watch.see(queue=20)
    watch.restart()

    assert watch.see(600_000, queue=20) == []
    watch.restart()
    assert watch.see(5_000, queue=0) == ENDS
    assert len(watch.store.incidents()) == 1


def test_what_could_not_be_told_is_told_later(watch):
    """The store was full when it fired: the incident is there, and the notice follows, after a restart too."""
    watch.add()
    watch.deaf = True
    assert watch.see(queue=20) == []
    assert watch.store.counts()["firing"] == 1

    watch.deaf = False
    watch.restart()
    assert watch.see(5_000, queue=20) == FIRES


def test_what_was_over_before_anybody_heard_of_it_is_not_told(watch):
    """An end without a beginning would say nothing."""
    watch.add()
    watch.deaf = True
    watch.see(queue=20)
    watch.deaf = False

    assert watch.see(5_000, queue=0) == []
    assert watch.store.counts() == {"firing": 0, "acknowledged": 0}


def test_one_rules_failure_stops_no_other(watch, caplog):
    """The first rule's notice fails, the second's is told."""
    watch.add(name="a first")
    watch.add()
    announced = []

    def announce(notice) -> None:
        if notice["name"] == "a first":
            raise RuntimeError("no")
        announced.append(notice["name"])

    Engine(watch.store, watch.clock, announce).evaluate({"queue": 20})

    assert announced == ["backlog"]
    assert "The rule a first could not be evaluated" in caplog.text


def test_a_paused_rule_resolves_its_incident_and_rests(watch):
    """Its end is told with the rule's own words."""
    watch.add()
    watch.see(queue=20)
    watch.database.write(lambda connection: connection.execute(update(rules).values(enabled=False)))

    assert watch.see(5_000, queue=20) == ENDS
    assert watch.store.incidents()[0].reason == "paused"
    assert watch.see(600_000, queue=20) == []


def test_the_incident_of_a_deleted_rule_is_over(watch):
    """It stays in the history."""
    watch.add()
    watch.see(queue=20)
    watch.database.write(lambda connection: connection.execute(delete(rules)))
    watch.see(5_000, queue=20)
    watch.see(5_000, queue=20)

    (incident,) = watch.store.incidents()
    assert (incident.state, incident.reason, incident.version) == ("resolved", "rule_deleted", 3)


def test_of_two_evaluators_one_opens_the_incident(watch):
    """Both see the condition before either has written: one incident, one notice."""
    watch.add()
    meeting = threading.Barrier(2)
    told: list[object] = []

    class Slow:
        """A store whose answer to "which incidents?" both get before either goes on."""

        def __getattr__(self, name):
            return getattr(watch.store, name)

        def rules(self):
            meeting.wait(timeout=10)
            return watch.store.rules()

    def evaluate() -> None:
        Engine(Slow(), watch.clock, told.append).evaluate({"queue": 20})

    threads = [threading.Thread(target=evaluate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(watch.store.incidents()) == 1
    assert len(told) == 1


def test_a_change_over_another_is_refused(watch):
    """Written from a state that somebody has changed meanwhile, it is not written."""
    watch.add()
    watch.see(queue=20)
    (seen,) = watch.store.incidents()

    assert watch.store.change(replace(seen, peak=21)).version == seen.version + 1
    assert watch.store.change(replace(seen, peak=22)) is None
    assert watch.store.incident(seen.id).peak == 21
