"""A job that goes silent, and what other rules find of it."""

from tests.alerts.test_jobs import house, on_event
from tests.fakes import event

__all__ = ["house"]


def test_a_lost_job_keeps_quiet_what_else_is_said_of_it(watch, house):
    """Whatever labels that carries besides; of other jobs it is told, and of this one once it is heard of again."""
    watch.add(name="telemetry_lost", inhibits=["failing", "bad answers"], **on_event("job_lost"))
    usual = {"groupBy": ["job"], "groupWait": 0, "cooldown": 0}
    watch.add(name="failing", condition={"metric": "requestsFailed", "operator": ">", "threshold": 3}, **usual)
    answers = {"metric": "responses", "operator": ">", "threshold": 3}
    watch.add(name="bad answers", condition=answers, scope=["job", "status"], **usual)
    house.begin("1", query="cards")
    house.begin("2", query="coins")
    watch.see()
    for job_id in "123":
        told = {"requests": {"total": 9, "failed": 9, "byStatus": {"500": 9}}}
        house.send(event("job_progress", job_id, at_ms=watch.clock.now_ms(), data=told))
    house.begin("3")  # what it did before it said its source carries none
    for job_id in "13":
        house.end(job_id, "job_lost")

    assert sorted(watch.see(1_000)) == ["bad answers firing", "failing firing", "telemetry_lost firing"]
    muted = {(one.rule, dict(one.group).get("job")): one.muted for one in watch.store.incidents()}
    by = {"1": "inhibited by telemetry_lost", "2": "", "3": "inhibited by telemetry_lost"}
    for rule in ("failing", "bad answers"):
        assert {job_id: muted[rule, job_id] for job_id in "123"} == by
    assert {"muted", "suppressed"} <= set(watch.lines(next(one for one in watch.store.incidents() if one.muted)))

    house.send(event("heartbeat", "1", at_ms=watch.clock.now_ms()))
    assert sorted(watch.see(1_000)) == ["bad answers firing", "failing firing"]
