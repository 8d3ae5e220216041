"""What runs how often: one table, and the one who runs it.

Started by the web process, never by `create_app`, so that tests and commands schedule nothing. Tasks run in real
threads, so they may wait on the database; a task never runs beside itself, one that comes late runs once, and one
that fails is logged and runs again at its next turn.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from app.alerts import standing
from app.alerts.service import Alerts
from app.core.clock import Clock
from app.jobs.grouping import Grouping
from app.jobs.watchdog import Watchdog
from app.metrics.collector import Collector
from app.metrics.limits import Limits
from app.notify import deadman
from app.notify.deadman import Deadman
from app.notify.office import Office
from app.status import TaskStatus
from app.storage import holding, packing, presence
from app.storage.backup import schedule as backups
from app.storage.backup.schedule import Backups
from app.storage.holding import Holding
from app.storage.indexing import Indexing
from app.storage.packing import Packer
from app.storage.presence import Presence
from app.storage.retention import Retention

log = logging.getLogger(__name__)

EVALUATE: Final = "evaluate alerts"
DELIVER: Final = "send notices"
TELL: Final = "tell other processes"
FINISH: Final = "finish deletions"
THREADS: Final = 4
GAP_MS: Final = 250
"""Least time between the end of a task that is asked for again and again and its next start."""


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the table; it first runs a tenth of its interval after the start.

    Attributes:
        others: what is run instead where another process leads; None for the same.
    """

    name: str
    interval_ms: int
    run: Callable[[], object]
    others: Callable[[], object] | None = None


def _nothing() -> None:
    """What there is to do for those that don't lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Whose work the table is made of.

    Attributes:
        indexing: None for a store without an index of words.
        presence: None for a process alone.
        kept_ms: how long what happened is kept.
    """

    collector: Collector
    alerts: Alerts
    office: Office
    deadman: Deadman
    retention: Retention
    backups: Backups
    holding: Holding
    limits: Limits
    grouping: Grouping
    indexing: Indexing | None
    packer: Packer
    watchdog: Watchdog
    keep_claim: Callable[[], object]
    kept_ms: int
    presence: Presence | None = None


def table(of: Workers) -> tuple[Task, ...]:
    """Everything that the server does by itself."""
    told = (Task(TELL, presence.EVERY_MS, of.presence.look),) if of.presence else ()
    indexing = (Task("index texts", 1_000, of.indexing.look, _nothing),) if of.indexing else ()
    return (
        *told,
        Task("sample system", 5_000, of.collector.collect, of.collector.look),
        Task(EVALUATE, standing.EVERY_MS, of.alerts.evaluate),
        Task(DELIVER, 1_000, of.office.postman.look),
        Task("watch jobs", 1_000, of.watchdog.look, _nothing),
        Task("group errors", 1_000, of.grouping.look, _nothing),
        *indexing,
        Task("keep the claim", 1_000, of.keep_claim),
        Task("call the dead man's switch", deadman.EVERY_MS, of.deadman.look, _nothing),
        Task("back up", backups.EVERY_MS, of.backups.look, _nothing),
        Task("roll up series", 60_000, of.retention.roll_up, of.retention.catch_up),
        Task("look up own metrics", 3_600_000, of.limits.rebuild),
        Task(FINISH, 3_600_000, of.retention.finish_deletions),
        Task("count what is kept", holding.EVERY_MS, of.holding.look),
        Task("pack events", packing.EVERY_MS, of.packer.look, _nothing),
        Task("clean up", 3_600_000, of.retention.clean_up, _nothing),
        Task("forget notices", 3_600_000, of.office.clean_up, _nothing),
        Task("forget timelines", 3_600_000, partial(of.alerts.clean_up, of.kept_ms), _nothing),
    )


class Scheduler:
    """Runs tasks, and remembers how they fared.

    Args:
        leads: whether this process does what one of several does for all.
    """

    def __init__(self, tasks: Iterable[Task], clock: Clock, leads: Callable[[], bool] = lambda: True) -> None:
        self._leads = leads
        self._tasks = {task.name: task for task in tasks}
        self._clock = clock
        self._statuses = {task.name: TaskStatus(task.name, task.interval_ms) for task in self._tasks.values()}
        self._asked: set[str] = set()
        self._running: set[str] = set()
        self._changed = threading.Condition(threading.Lock())
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Begin."""
        now_ms = self._clock.now_ms()
        for task in self._tasks.values():
            self._scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=task.interval_ms / 1000, timezone=UTC),
                args=[task],
                id=task.name,
                next_run_time=_moment(now_ms + task.interval_ms // 10),
            )
        self._scheduler.start()

    def soon(self, name: str) -> None:
        """Run the task at once rather than at its next turn; asking twice before it begins is asking once.

        One that runs already runs once more when it ends. Never waits, and does nothing before the start and after
        the stop.
        """
        with self._changed:
            if name in self._asked or not self._scheduler.running:
                return
            self._asked.add(name)
            if name in self._running:
                return
        self._arm(name)

    def _arm(self, name: str) -> None:
        """Put the task's next turn as early as may be; the gap also lets APScheduler note that the last has ended."""
        with self._changed:
            status = self._statuses[name]
        now_ms = self._clock.now_ms()
        earliest_ms = now_ms
        if status.last_run is not None:
            ended_ms = status.last_run + (status.last_duration_ms or 0)
            earliest_ms = max(now_ms, min(ended_ms, now_ms) + GAP_MS)
        try:
            self._scheduler.modify_job(name, next_run_time=_moment(earliest_ms))
        except JobLookupError:
            log.debug("The scheduler stopped before %s could run", name)

    def statuses(self) -> list[TaskStatus]:
        """How each task fares, in the table's order."""
        with self._changed:
            return list(self._statuses.values())

    def stop(self, timeout_s: float) -> bool:
        """Start nothing more and wait for what runs; False when that took longer than `timeout_s`."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout_s)

    def _run(self, task: Task) -> None:
        started_ms, since_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        with self._changed:
            self._asked.discard(task.name)
            self._running.add(task.name)
            self._statuses[task.name] = replace(self._statuses[task.name], last_run=started_ms)
        failure = ""
        try:
            (task.run if task.others is None or self._leads() else task.others)()
        except Exception as error:
            log.exception("The task %s failed", task.name)
            failure = f"{type(error).__name__}: {error}"
        with self._changed:
            done = replace(self._statuses[task.name], last_duration_ms=self._clock.monotonic_ms() - since_ms)
            failed = replace(done, last_failure=started_ms, failure=failure)
            self._statuses[task.name] = failed if failure else done
            self._running.discard(task.name)
            asked = task.name in self._asked
            self._changed.notify_all()
        if asked:
            self._arm(task.name)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
