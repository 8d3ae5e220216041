"""A store, its clock, and the figures that follow it."""

from app.metrics.figures import Figures
from app.storage.base import Commit, EventStore
from app.storage.memory import MemoryEventStore
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold


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
