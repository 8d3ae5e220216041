"""A store, its clock, and the figures that follow it."""

from app.jobs.fold import fold
from app.metrics.figures import Figures
from app.storage.base import Commit, EventStore
from app.storage.base_series import Point
from app.storage.memory import MemoryEventStore
from tests.fakes import NOW_MS, StoppedClock, event


def jobs_fold(commit, jobs) -> list[Point]:
    """The jobs' half of the fold alone."""
    fold(commit, jobs)
    return []


class House:
    """A store, its clock, and the figures that follow it."""

    def __init__(self) -> None:
        self.clock = StoppedClock(NOW_MS)
        self.store: EventStore = MemoryEventStore(self.clock, list)
        self.figures = Figures(self.store, self.clock, "server")

    def send(self, *events) -> Commit:
        commit = self.store.append(events, jobs_fold)
        self.figures.on_commit(commit)
        return commit

    def say(self, type_: str, job_id: str = "123", **data) -> None:
        self.send(event(type_, job_id, data=data, at_ms=self.clock.now_ms()))

    def restarted(self) -> Figures:
        fresh = Figures(self.store, self.clock, "server")
        fresh.rebuild()
        return fresh

    @property
    def scraping(self):
        return self.figures.current()["scraping"]
