"""Rules held against the figures, over a real store."""

import pytest

from app.alerts.engine import FAILURES
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
    assert watch.lines(incident) == ["opened", "joined", "notice", "left", "resolved", "notice"]


def test_an_announcement_says_what_an_alert_event_says(watch):
    """Name, severity, state, a sentence, the value and the threshold; and which incident."""
    watch.add()
    watch.see(queue=11)
    watch.see(queue=3)

    (incident,) = watch.store.incidents()
    common = {"name": "backlog", "severity": "warning", "threshold": 10.0, "incident": incident.id}
    assert watch.announced == [
        {**common, "state": "firing", "message": "queue is 11, above 10.", "value": 11},
        {**common, "state": "resolved", "message": "queue is 3; the alert was for above 10.", "value": 3},
    ]


def test_a_notice_of_the_end_says_how_long_how_bad_and_why(watch):
    """Beside the incident it is about, the value it ended at, and who looked after it."""
    watch.add(runbookUrl="https://runbook.example/backlog", labels={"team": "data"})
    watch.see(queue=11)
    watch.see(90_000, queue=40)
    (incident,) = watch.store.incidents()
    watch.alerts.acknowledge(incident.id, "ana", "looking")
    watch.see(30_000, queue=3)

    begin, end = watch.bodies()
    assert (begin["state"], begin["summary"], begin["firing"]) == ("firing", "queue is 11, above 10.", 1)
    assert begin["members"] == [{"labels": {}, "value": 11.0, "state": "firing"}]
    assert {name: end[name] for name in ("incident", "state", "duration", "peak", "value", "reason", "note")} == {
        "incident": incident.id, "state": "resolved", "duration": 120_000, "peak": 40.0, "value": 3.0,
        "reason": "recovered", "note": "looking",
    }  # fmt: skip
    assert (end["firing"], end["resolved"], end["labels"]) == (0, 1, {"team": "data"})
    assert end["runbookUrl"] == "https://runbook.example/backlog"


def test_a_problem_that_comes_and_goes_is_told_once_in_a_cooldown(watch):
    """On and off for 50 s is one incident and two notices; after the cooldown it is another, told again."""
    watch.add()
    told = [watch.see(5_000, queue=20 if number % 2 == 0 else 0) for number in range(10)]

    assert told == [FIRES, ENDS] + [[]] * 8
    assert [incident.again for incident in watch.store.incidents()] == [4]
    assert watch.see(60_000, queue=20) == FIRES
    assert len(watch.store.incidents()) == 2


def test_a_problem_that_came_back_is_told_when_the_cooldown_is_over(watch):
    """Back after 10 s and there to stay: silent at first, told a cooldown after its end, and then its end as well."""
    watch.add()
    watch.see(queue=20)
    watch.see(5_000, queue=0)

    assert watch.see(5_000, queue=20) == []
    assert (watch.alerts.standing().firing, watch.alerts.standing().acknowledged) == (1, 0)
    assert watch.see(54_000, queue=20) == []
    assert watch.see(1_000, queue=20) == FIRES
    assert watch.bodies()[-1]["again"] == 1
    assert watch.see(1_000, queue=0) == ENDS
    (incident,) = watch.store.incidents()
    assert "suppressed" in watch.lines(incident)


def test_a_cooldown_never_delays_the_end(watch):
    """Resolved a second after it fired, within a cooldown of a minute."""
    watch.add()
    watch.see(queue=20)

    assert watch.see(1_000, queue=0) == ENDS


def test_without_a_cooldown_every_fall_is_told(watch):
    """A cooldown of 0 lets every change through, each an incident of its own."""
    watch.add(cooldown=0)
    told = [watch.see(1_000, queue=value) for value in (20, 0, 20, 0)]

    assert told == [FIRES, ENDS, FIRES, ENDS]
    assert len(watch.store.incidents()) == 2


def test_missing_data_never_resolves(watch):
    """The metric is gone for a day: the incident stands; it comes back low: over."""
    watch.add(repeatInterval=0)
    watch.see(queue=20)

    assert watch.see(86_400_000) == []
    assert watch.alerts.standing().firing == 1
    assert watch.alerts.instances()[0].quiet_since == NOW_MS + 86_400_000
    assert watch.see(5_000, queue=0) == ENDS


def test_too_few_samples_conclude_nothing(watch):
    """Four of four failed jobs do not fire, five do; then three of three good ones do not resolve, five do."""
    watch.add(condition={"metric": "jobs.failureRate", "operator": ">", "threshold": 0.1})
    steps = [(1.0, 4), (1.0, 5), (0.0, 3), (0.0, 5)]
    told = [watch.see(5_000, **{"jobs.failureRate": rate, "jobs.finished": count}) for rate, count in steps]

    assert told == [[], FIRES, [], ENDS]


@pytest.mark.parametrize("ends_clean", [True, False], ids=["stopped", "killed"])
def test_a_firing_incident_goes_on_after_a_restart(watch, ends_clean):
    """It is not told again, and its end is told by the process that sees it; one that was killed leaves its lease."""
    watch.add(repeatInterval=0)
    watch.see(queue=20)
    if ends_clean:
        watch.restart()
    else:
        watch.alerts = watch.another()

    assert watch.see(600_000, queue=20) == []
    assert watch.see(5_000, queue=0) == ENDS
    assert len(watch.store.incidents()) == 1


def test_a_restart_in_each_state_changes_nothing(watch):
    """Pending, firing, recovering: the clocks go on, and the notices are those of one that was never restarted."""
    watch.add(**{"for": 30_000, "keepFiringFor": 60_000})
    told = []
    for value in (20, 20, 20, 20, 0, 0, 0, 0, 0, 0, 0):
        told += watch.see(10_000, queue=value)
        watch.restart()

    (incident,) = watch.store.incidents()
    assert told == FIRES + ENDS
    assert (incident.started_at, incident.ended_at) == (NOW_MS + 10_000, NOW_MS + 110_000)


def test_what_could_not_be_announced_is_announced_later(watch):
    """The store of events was full when it fired: the notice is there, and the announcement follows."""
    watch.add()
    watch.deaf = True
    assert watch.see(queue=20) == FIRES
    assert watch.announced == []

    watch.deaf = False
    watch.restart()
    assert watch.see(5_000, queue=20) == []
    assert [data["state"] for data in watch.announced] == ["firing"]
    watch.see(5_000, queue=20)
    assert len(watch.announced) == 1


def test_one_rules_failure_stops_no_other(watch, caplog):
    """The first rule can't be evaluated, the second fires; that the first can't is an alert once it is no accident."""
    watch.add(name="a first", condition={"metric": "broken", "operator": ">", "threshold": 1})
    watch.add()
    watch.alerts._engine._world = Broken(watch.alerts._engine._world)

    assert watch.see(queue=20) == FIRES
    assert "The rule a first could not be evaluated" in caplog.text
    for _ in range(FAILURES + 2):
        watch.see(5_000, queue=20)
    assert [data["name"] for data in watch.announced] == ["backlog", "alert_engine_error"]


class Broken:
    """A world in which one metric can't be read."""

    def __init__(self, world) -> None:
        self.world = world

    def look(self, *asked):
        view = self.world.look(*asked)

        class View:
            cursor, kinds = view.cursor, view.kinds
            otherwise, is_over = view.otherwise, view.is_over

            def figures(self, rule):
                if rule.metric == "broken":
                    raise RuntimeError("no")
                return view.figures(rule)

        return View()


def test_a_paused_rule_resolves_its_incident_and_rests(watch):
    """Its end is told with the rule's own words."""
    rule_id = watch.add()
    watch.see(queue=20)
    watch.alerts.rules.change(rule_id, {**watch.alerts.rules.get(rule_id).config, "enabled": False})

    assert watch.see(5_000, queue=20) == ENDS
    assert watch.store.incidents()[0].reason == "paused"
    assert watch.see(600_000, queue=20) == []


def test_the_incident_of_a_deleted_rule_is_over(watch):
    """It stays in the history, and those who were told of it are told."""
    rule_id = watch.add()
    watch.see(queue=20)
    watch.alerts.rules.delete(rule_id)

    assert watch.see(5_000, queue=20) == ENDS
    assert watch.see(5_000, queue=20) == []
    (incident,) = watch.store.incidents()
    assert (incident.state, incident.reason) == ("resolved", "rule_deleted")
    assert watch.bodies()[-1]["summary"] == "backlog: the rule was deleted."
    assert watch.alerts.instances() == []
    watch.see(5_000, queue=20)
    assert watch.alerts._engine._instances == {}


def test_silence_from_the_first_day_on_may_be_an_alert(watch):
    """A figure that never came is missed once it lasts; when it comes and is good, that is over."""
    watch.add(noData="alert")

    assert [watch.see(90_000) for _ in range(3)] == [[], [], FIRES]
    assert watch.alerts.instances()[0].reason == "no_data"
    assert watch.see(5_000, queue=3) == ENDS


def test_an_edited_rule_keeps_its_incident_while_it_breaches(watch):
    """A threshold that still is passed changes nothing; one that is not ends it."""
    rule_id = watch.add()
    config = watch.alerts.rules.get(rule_id).config
    watch.see(queue=20)
    for threshold in (15, 30):
        watch.alerts.rules.change(rule_id, {**config, "condition": {**config["condition"], "threshold": threshold}})
        assert watch.see(5_000, queue=20) == ([] if threshold == 15 else ENDS)

    assert len(watch.store.incidents()) == 1


def test_a_rule_that_is_made_worse_lifts_an_acknowledgement(watch):
    """The change is told as an update once the cooldown is over, whoever looked after it."""
    rule_id = watch.add()
    watch.see(queue=20)
    watch.alerts.acknowledge(watch.store.incidents()[0].id, "ana")
    watch.alerts.rules.change(rule_id, {**watch.alerts.rules.get(rule_id).config, "severity": "critical"})

    assert watch.see(60_000, queue=20) == ["backlog update"]
    (incident,) = watch.store.incidents()
    assert (incident.state, incident.severity, incident.acked_by) == ("firing", "critical", None)
