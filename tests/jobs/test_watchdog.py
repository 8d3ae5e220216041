"""Which jobs are lost and which stalled, by a clock that the test moves."""

from unittest.mock import Mock

import pytest

from app.core.errors import Unavailable
from app.jobs.watchdog import HELD_UP_MS, MOST_SAID
from app.storage.base_following import ELSEWHERE
from tests.fakes import event
from tests.jobs.yard import LOOK_MS, LOST_MS, SENDER, STALLED_MS, Yard


@pytest.fixture
def yard() -> Yard:
    """Nobody is connected, nothing runs."""
    return Yard()


def test_a_silent_job_whose_socket_is_gone_is_lost(yard: Yard):
    """After exactly JOB_LOST_AFTER, once, and the reason says for how long."""
    yard.hear("job_started")
    yard.pass_time(LOST_MS - LOOK_MS)
    assert yard.said == []

    yard.pass_time(10 * LOOK_MS)

    assert yard.said == [("job_lost", "a", "silent for 60 s; its connection is gone")]
    assert yard.status() == "lost"


def test_a_silent_job_whose_socket_is_open_is_not_lost_but_stalls(yard: Yard):
    """It may be busy with something slow."""
    yard.open = {SENDER: {"s1"}}
    yard.hear("job_started")
    yard.pass_time(STALLED_MS - LOOK_MS)
    assert yard.said == []

    yard.pass_time(10 * LOOK_MS)

    assert yard.said == [("job_stalled", "a", "alive, but nothing new for 5 min")]
    assert yard.status() == "stalled"


def test_heartbeats_keep_from_being_lost_and_not_from_being_stalled(yard: Yard):
    """They come by HTTP here, so no socket speaks for the job."""
    yard.hear("job_started", origin="")

    yard.pass_time(2 * STALLED_MS, meanwhile=lambda: yard.hear(origin=""))

    assert [kind for kind, *_ in yard.said] == ["job_stalled"]


def test_a_job_that_came_by_http_is_lost_by_silence_alone(yard: Yard):
    """There is no connection whose end could be told."""
    yard.hear("job_started", origin="")

    yard.pass_time(LOST_MS)

    assert yard.said == [("job_lost", "a", "silent for 60 s")]


def test_a_stalled_job_that_falls_silent_is_lost(yard: Yard):
    """Its process died at last."""
    yard.open = {SENDER: {"s1"}}
    yard.hear("job_started")
    yard.pass_time(STALLED_MS)
    yard.open = {}

    yard.pass_time(LOOK_MS)

    assert [kind for kind, *_ in yard.said] == ["job_stalled", "job_lost"]


def test_of_two_processes_of_a_sender_only_the_dead_one_s_jobs_are_lost(yard: Yard):
    """Each job hangs on the socket that it came over."""
    yard.open = {SENDER: {"s1", "s2"}}
    yard.hear("job_started", "a", "s1")
    yard.hear("job_started", "b", "s2")
    yard.open = {SENDER: {"s2"}}

    yard.pass_time(LOST_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_a_job_that_returns_may_be_lost_again(yard: Yard):
    """Its time begins anew."""
    yard.hear("job_started")
    yard.pass_time(LOST_MS)
    yard.hear("item_scraped", origin="s2")
    assert yard.status() == "running"

    yard.pass_time(LOST_MS - LOOK_MS)
    assert len(yard.said) == 1
    yard.pass_time(LOOK_MS)

    assert len(yard.said) == 2


def test_jobs_that_ended_or_were_deleted_are_forgotten(yard: Yard):
    """Nothing is said of them, whether the watchdog was told of the deletion or not."""
    for job_id in ("ended", "deleted", "just deleted"):
        yard.hear("job_started", job_id)
    yard.hear("job_completed", "ended")
    yard.store.delete_job("deleted")
    yard.watchdog.forget("deleted")
    yard.store.delete_job("just deleted")

    yard.pass_time(2 * LOST_MS)

    assert yard.said == []


def test_a_job_that_waits_to_start_is_not_watched(yard: Yard):
    """A queue may be long."""
    yard.hear("job_queued", origin="")

    yard.pass_time(2 * LOST_MS)

    assert yard.said == []


def test_after_a_restart_jobs_count_as_heard_just_now(yard: Yard):
    """The server's absence is nobody's silence; a job that does not come back is lost in its time."""
    yard.hear("job_started", "a")
    yard.clock.advance(10 * LOST_MS)
    yard.begin()

    yard.pass_time(LOST_MS - LOOK_MS)
    assert yard.said == []
    yard.pass_time(LOOK_MS)

    assert yard.said == [("job_lost", "a", "silent for 60 s; its connection is gone")]


def test_after_a_restart_a_silent_socket_may_be_the_job_s(yard: Yard):
    """Its sender is connected and has said nothing; once that socket speaks for another job, it is that one's."""
    yard.hear("job_started", "a")
    yard.begin()
    yard.open = {SENDER: {"s9"}}
    yard.pass_time(2 * LOST_MS)
    assert yard.said == []

    yard.hear("job_started", "b", "s9")
    yard.pass_time(LOOK_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_silence_is_counted_from_the_server_s_last_refusal(yard: Yard):
    """What a sender was not let in to say can't be held against its jobs; other senders' are judged as ever."""
    yard.hear("job_started", "a")
    yard.commit(event("job_started", "other", SENDER + 1), origin="s2", news=True)

    def refuse() -> None:
        yard.refused[SENDER] = yard.clock.monotonic_ms()

    yard.pass_time(2 * LOST_MS, meanwhile=refuse)
    assert [job_id for _, job_id, _ in yard.said] == ["other"]
    yard.pass_time(LOST_MS - LOOK_MS)
    assert len(yard.said) == 1
    yard.pass_time(LOOK_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["other", "a"]


def test_a_process_that_was_held_up_blames_itself(yard: Yard):
    """It did not look for a while: it was suspended, or starved."""
    yard.hear("job_started")
    yard.clock.advance(2 * LOST_MS)
    yard.watchdog.look()
    assert yard.said == []

    yard.pass_time(LOST_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_what_waits_for_the_store_is_not_silent(yard: Yard):
    """While a locked database takes nothing, no job is lost; afterwards their time begins anew."""
    yard.hear("job_started")
    yard.waiting = 3
    yard.pass_time(2 * LOST_MS)
    assert yard.said == []

    yard.waiting = 0
    yard.pass_time(LOST_MS - LOOK_MS)
    assert yard.said == []
    yard.pass_time(LOOK_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_no_job_is_lost_while_the_store_is_away(yard: Yard, monkeypatch: pytest.MonkeyPatch):
    """Who can't be asked can't be told either; when it is back, time begins anew."""
    yard.hear("job_started")
    with monkeypatch.context() as outage:
        outage.setattr(yard.store, "job", Mock(side_effect=Unavailable("storage_down")))
        yard.pass_time(2 * LOST_MS)
    yard.pass_time(LOST_MS - LOOK_MS)
    assert yard.said == []
    yard.pass_time(LOOK_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_a_busy_server_is_not_held_up(yard: Yard):
    """Something waits at every look, and is stored before the next."""
    yard.hear("job_started", "a")
    yard.waiting = 1

    yard.pass_time(LOST_MS + HELD_UP_MS, meanwhile=lambda: yard.hear("item_scraped", "b", ""))

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_the_wall_clock_may_be_set(yard: Yard, monkeypatch: pytest.MonkeyPatch):
    """An hour ahead or back, silence is as long as it is."""
    yard.hear("job_started")
    for step_ms in (3_600_000, -3_600_000):
        monkeypatch.setattr(yard.clock, "now_ms", lambda step_ms=step_ms: yard.clock.time_ms + step_ms)
        yard.pass_time(20 * LOOK_MS)

    assert yard.said == []


def test_a_word_that_can_t_be_said_is_said_later(yard: Yard):
    """The door is closed now; at the next look it is tried again."""
    yard.hear("job_started")
    yard.closing = True
    yard.pass_time(LOST_MS)
    yard.closing = False

    yard.pass_time(LOOK_MS)

    assert [job_id for _, job_id, _ in yard.said] == ["a"]


def test_a_great_loss_is_told_in_turns(yard: Yard):
    """So that thousands of words do not fill the queue at once."""
    for number in range(MOST_SAID + 10):
        yard.hear("job_started", f"job {number}", "")

    yard.pass_time(LOST_MS)
    assert len(yard.said) == MOST_SAID
    yard.pass_time(LOOK_MS)

    assert len({job_id for _, job_id, _ in yard.said}) == MOST_SAID + 10


def test_a_job_heard_by_any_of_several_processes_is_lost_once_its_sender_has_no_socket_at_all(yard: Yard):
    """Which socket spoke for it is not known then, so each of its sender's may."""
    yard.open = {SENDER: {"another process"}}
    yard.hear("job_started", origin=ELSEWHERE)
    yard.pass_time(2 * LOST_MS)
    assert yard.said == []

    yard.open = {}
    yard.pass_time(LOOK_MS)

    assert [kind for kind, *_ in yard.said] == ["job_lost"]
