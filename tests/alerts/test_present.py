"""The figures of now, which are not written: who tells them, and who tells what is stored."""

from app.storage.base_series import RAW_MS, Point
from tests.fakes import NOW_MS

HOUR_MS = 3_600_000


def test_a_figure_that_only_changes_is_told_and_not_written(watch):
    """Of what fires and of what pends; also where several share an incident, the worst of them."""
    watch.add()
    watch.add(name="slow", condition={"metric": "wait", "operator": "<", "threshold": 5}, **{"for": 60_000})
    watch.see(queue=20, wait=3)
    watch.see(1_000, queue=15, wait=4)

    (incident,) = watch.alerts.incidents()
    assert (incident.value, incident.peak) == (15, 20)
    assert watch.alerts.incident(incident.id).value == 15
    assert {one.state: one.value for one in watch.alerts.instances()} == {"firing": 15, "pending": 4}
    assert watch.store.incident(incident.id).value == 20
    assert {one.state: one.value for one in watch.evaluations.instances()} == {"firing": 20, "pending": 3}


def test_an_incident_of_many_tells_the_worst_of_them(watch):
    """In each of its groups by itself."""
    watch.add(scope=["shop", "site"], groupBy=["shop"], window=5_000, groupWait=0)

    def measure(**figures):
        at_ms = watch.clock.now_ms() - watch.clock.now_ms() % RAW_MS
        labels = {name: (("shop", name[0]), ("site", name)) for name in figures}
        watch.series.record(Point("queue", labels[name], at_ms, n, 1, n, n) for name, n in figures.items())

    measure(a1=30.0, a2=40.0, b1=50.0)
    watch.see()
    watch.see(2 * RAW_MS)
    measure(a1=18.0, a2=12.0, b1=11.0)
    watch.see()
    assert {dict(one.group)["shop"]: one.value for one in watch.alerts.incidents()} == {"a": 18, "b": 11}
    assert {one.value for one in watch.store.incidents()} == {40, 50}


def test_who_does_not_evaluate_tells_what_is_stored(watch):
    """Another process, and this one once another has taken over."""
    watch.add()
    watch.see(queue=20)
    watch.see(1_000, queue=15)
    other = watch.another()
    assert [one.value for one in other.incidents()] == [20]
    assert [one.value for one in other.instances()] == [20]

    watch.alerts.release(10)
    assert [one.value for one in watch.alerts.incidents()] == [20]
    other.evaluate()
    watch.values = {"queue": 12}
    other.evaluate()
    watch.alerts.evaluate()
    assert [one.value for one in other.instances()] == [12]
    assert [one.value for one in watch.alerts.instances()] == [20]


def test_what_is_over_keeps_its_last_figure(watch):
    """The one with which it ended."""
    watch.add(cooldown=0)
    watch.see(queue=20)
    watch.see(1_000, queue=4)
    watch.see(1_000, queue=6)
    assert [(one.state, one.value) for one in watch.alerts.incidents()] == [("resolved", 4)]


def test_a_reminder_says_how_it_is_now(watch):
    """Not how it was when it changed last; so does the incident from then on."""
    watch.add(repeatInterval=HOUR_MS)
    watch.see(queue=20)
    assert watch.see(HOUR_MS, queue=15) == ["backlog reminder"]
    assert [body["value"] for body in watch.bodies()] == [20, 15]
    assert [(one.value, one.peak) for one in watch.store.incidents()] == [(15, 20)]


def test_an_acknowledgement_changes_no_figure(watch):
    """It tells the present one."""
    watch.add()
    watch.see(queue=20)
    watch.see(1_000, queue=15)
    (incident,) = watch.alerts.incidents()
    watch.alerts.acknowledge(incident.id, "ana")
    assert watch.store.incident(incident.id).value == 20
    assert watch.alerts.incident(incident.id).value == 15
    assert incident.started_at == NOW_MS
