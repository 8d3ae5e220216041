"""What runs how often."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from app.alerts.service import Alerts
from app.core.clock import CLOCK
from app.dashboard.status import TASKS
from app.jobs.grouping import Grouping
from app.jobs.watchdog import Watchdog
from app.metrics.collector import Collector
from app.metrics.limits import Limits
from app.notify.deadman import Deadman
from app.notify.postman import Postman
from app.scheduler import EVALUATE, GAP_MS, TELL, Scheduler, Task, Workers, table
from app.storage.backup.schedule import Backups
from app.storage.holding import Holding
from app.storage.indexing import Indexing
from app.storage.packing import Packer
from app.storage.presence import Presence
from app.storage.retention import Retention

NEVER = 3_600_000


@pytest.fixture
def schedule() -> Iterator[Callable[..., Scheduler]]:
    """Starts a scheduler of the tasks given; stopped in the end."""
    started: list[Scheduler] = []

    def start(*tasks: Task) -> Scheduler:
        scheduler = Scheduler(tasks, CLOCK)
        started.append(scheduler)
        scheduler.start()
        return scheduler

    yield start
    for scheduler in started:
        scheduler.stop(5)


def until(true: Callable[[], object]) -> None:
    """Wait for a condition, half a minute at most."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def workers(**others: object) -> Workers:
    """All of them, that do nothing."""
    each: dict[str, Any] = {
        "collector": Mock(Collector),
        "alerts": Mock(Alerts),
        "office": Mock(postman=Mock(Postman)),
        "deadman": Mock(Deadman),
        "retention": Mock(Retention),
        "backups": Mock(Backups),
        "holding": Mock(Holding),
        "limits": Mock(Limits),
        "grouping": Mock(Grouping),
        "indexing": Mock(Indexing),
        "packer": Mock(Packer),
        "watchdog": Mock(Watchdog),
        "keep_claim": Mock(),
        "kept_ms": 1,
        "presence": Mock(Presence),
    }
    return Workers(**{**each, **others})


def test_the_table_names_what_the_server_does_by_itself():
    """Each name once, with its words; figures and alerts every five seconds, jobs and notices every second."""
    tasks = table(workers())

    assert {task.name: task.interval_ms for task in tasks} == {
        TELL: 1_000,
        "sample system": 5_000,
        EVALUATE: 5_000,
        "send notices": 1_000,
        "watch jobs": 1_000,
        "group errors": 1_000,
        "index texts": 1_000,
        "keep the claim": 1_000,
        "call the dead man's switch": 60_000,
        "back up": 60_000,
        "roll up series": 60_000,
        "look up own metrics": 3_600_000,
        "finish deletions": 3_600_000,
        "count what is kept": 10_000,
        "pack events": 60_000,
        "clean up": 3_600_000,
        "forget notices": 3_600_000,
        "forget timelines": 3_600_000,
    }
    assert {task.name for task in tasks} == TASKS.keys()
    alone = table(workers(presence=None, indexing=None))
    assert {task.name for task in tasks} - {task.name for task in alone} == {TELL, "index texts"}


def test_what_one_process_does_for_all_is_done_by_the_one_that_leads():
    """The others do what is theirs of it, from when they lead the whole; tasks of each process's own run anyway."""
    ran: list[str] = []
    leading = threading.Event()
    scheduler = Scheduler(
        [
            Task("shared", NEVER, lambda: ran.append("whole"), lambda: ran.append("part")),
            Task("own", NEVER, lambda: ran.append("own")),
        ],
        CLOCK,
        leading.is_set,
    )
    scheduler.start()
    try:
        for name in ("shared", "own"):
            scheduler.soon(name)
        until(lambda: sorted(ran) == ["own", "part"])
        leading.set()
        scheduler.soon("shared")
        until(lambda: ran[2:] == ["whole"])
    finally:
        scheduler.stop(5)


def test_nothing_runs_before_the_start():
    """Neither by itself nor when asked for."""
    ran = threading.Event()
    scheduler = Scheduler([Task("tick", 20, ran.set)], CLOCK)
    scheduler.soon("tick")

    assert not ran.wait(0.1)
    assert scheduler.stop(1)


def test_a_task_runs_again_and_again_in_another_thread(schedule):
    """Every 20 ms, in no thread of the caller's."""
    threads: list[str] = []
    schedule(Task("tick", 20, lambda: threads.append(threading.current_thread().name)))

    until(lambda: len(threads) >= 3)
    assert threading.current_thread().name not in threads


def test_its_last_run_is_told(schedule):
    """When it began and how long it took; never failed."""
    before = CLOCK.now_ms()
    scheduler = schedule(Task("tick", 20, lambda: None))
    assert [status.name for status in scheduler.statuses()] == ["tick"]

    until(lambda: scheduler.statuses()[0].last_duration_ms is not None)
    (status,) = scheduler.statuses()
    assert status.interval_ms == 20
    assert before <= status.last_run <= CLOCK.now_ms()
    assert (status.last_failure, status.failure) == (None, "")


def test_a_failure_is_told_and_the_task_runs_again(schedule, caplog):
    """The second run is good; when it failed, and how, stays to be read."""
    runs: list[int] = []

    def fail_once() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("the disk is on fire")

    with caplog.at_level(logging.ERROR):
        scheduler = schedule(Task("tick", 20, fail_once))
        until(lambda: len(runs) >= 3)

    (status,) = scheduler.statuses()
    assert status.failure == "ValueError: the disk is on fire"
    assert status.last_failure is not None
    assert status.last_run > status.last_failure
    assert "The task tick failed" in caplog.text


def test_a_slow_task_does_not_run_beside_itself_and_holds_no_other(schedule):
    """While one waits, the other goes on."""
    running, most, ticks = [0], [0], []
    release = threading.Event()

    def slow() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        release.wait(5)
        running[0] -= 1

    schedule(Task("slow", 20, slow), Task("tick", 20, lambda: ticks.append(1)))
    until(lambda: most[0])
    so_far = len(ticks)
    until(lambda: len(ticks) >= so_far + 5)
    release.set()

    assert most == [1]


def test_a_task_can_be_asked_for(schedule):
    """One whose turn is in an hour runs at once, and as often as it is asked for after it ran."""
    runs: list[int] = []
    scheduler = schedule(Task("evaluate", NEVER, lambda: runs.append(1)))

    scheduler.soon("evaluate")
    until(lambda: len(runs) == 1)
    scheduler.soon("evaluate")
    until(lambda: len(runs) == 2)


def test_what_is_asked_for_while_it_runs_runs_once_more(schedule, caplog):
    """The run under way may have looked too early; APScheduler has nothing to complain about."""
    runs: list[int] = []
    begun, release = threading.Event(), threading.Event()

    def run() -> None:
        runs.append(1)
        begun.set()
        release.wait(5)

    with caplog.at_level(logging.WARNING):
        scheduler = schedule(Task("evaluate", NEVER, run))
        scheduler.soon("evaluate")
        assert begun.wait(30)
        time.sleep(2 * GAP_MS / 1000)  # past the gap, so that a second start would be due at once
        for _ in range(3):
            scheduler.soon("evaluate")
        release.set()
        until(lambda: len(runs) == 2)

    assert caplog.records == []


def test_asking_a_thousand_times_is_asking_once(schedule):
    """A storm of job events makes a few evaluations, not thousands."""
    runs: list[int] = []
    scheduler = schedule(Task("evaluate", NEVER, lambda: runs.append(1)))

    for _ in range(1_000):
        scheduler.soon("evaluate")
    until(lambda: runs)

    assert len(runs) <= 2


def test_stopping_waits_for_what_runs_but_not_for_ever(schedule):
    """A task that hangs is left after the time given; once it ends, the stop is complete."""
    begun, release = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        release.wait(10)

    scheduler = schedule(Task("hang", 20, hang))
    assert begun.wait(30)

    assert scheduler.stop(0.05) is False
    release.set()
    assert scheduler.stop(5) is True


def test_asking_after_the_stop_is_harmless(schedule):
    """The last commits of a closing server ask for evaluations that nobody makes."""
    scheduler = schedule(Task("evaluate", NEVER, lambda: None))
    scheduler.stop(1)

    scheduler.soon("evaluate")

    assert scheduler.statuses()[0].last_run is None
