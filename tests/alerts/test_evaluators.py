"""Several evaluators on one database, and operators who act meanwhile."""

import threading

import pytest

from app.core.errors import Conflict
from app.storage.base_evaluations import Turn

FIRES = ["backlog firing"]
ENDS = ["backlog resolved"]


def test_of_two_evaluators_one_evaluates(watch):
    """Both on one database, each every 5 s, a restart of neither: one incident, one notice, one announcement."""
    watch.add()
    first, second = watch.alerts, watch.another()
    for _ in range(5):
        watch.clock.advance(5_000)
        watch.values = {"queue": 20.0}
        threads = [threading.Thread(target=one.evaluate) for one in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert watch.told() == FIRES
    assert len(watch.announced) == 1


def test_another_evaluator_takes_over_within_15_s(watch):
    """The first one is gone without a word; the second asks every 5 s."""
    watch.add()
    watch.alerts.evaluate()
    watch.alerts = watch.another()

    told = [watch.see(5_000, queue=20) for _ in range(3)]

    assert FIRES in told


def test_who_lost_the_lease_writes_nothing(watch):
    """An evaluator that was held up between reading and writing finds that its fence is old."""
    watch.add()
    watch.alerts.evaluate()
    store = watch.evaluations
    old = watch.alerts._engine._lease
    watch.clock.advance(10_001)
    assert store.take_lease("another", watch.clock.now_ms(), 10_000).fence == old.fence + 1

    with pytest.raises(Conflict):
        store.write(old, Turn(at=0, expires_at=0, cursor=0))


def test_a_lease_from_the_future_is_none(watch):
    """A clock set back by five minutes does not stop evaluation for as long."""
    watch.add()
    watch.alerts.evaluate()
    watch.alerts = watch.another()
    watch.clock.advance(-300_000)

    assert watch.see(queue=20) == FIRES


def test_an_acknowledgement_in_the_middle_of_an_evaluation_is_not_lost(watch):
    """Written between reading and writing: everything is read again, and both are there."""
    watch.add()
    watch.see(queue=20)
    (incident,) = watch.store.incidents()
    overlay = watch.alerts._engine._overlay
    asked: list[object] = []

    class Slow:
        """Lets somebody acknowledge meanwhile, once."""

        ended, insisting = overlay.ended, overlay.insisting

        def read(self, *given):
            if not asked:
                asked.append(watch.alerts.acknowledge(incident.id, "ana"))
            return overlay.read(*given)

    watch.alerts._engine._overlay = Slow()

    assert watch.see(5_000, queue=0) == ENDS
    (incident,) = watch.store.incidents()
    assert (incident.state, incident.acked_by) == ("resolved", "ana")
