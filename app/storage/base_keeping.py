"""How long events are kept, by what they are and by how their job stands."""

from typing import Final, NamedTuple

from app.storage.base_jobs import Job

TROUBLED: Final = ("failed", "lost", "stalled")
"""The statuses of jobs that went wrong, of which there is something to find out."""

EVER_MS: Final = 1 << 62
"""Later than all."""


class Ages(NamedTuple):
    """What was received before these times goes, in ms since 1970 UTC; 0 for nothing.

    Attributes:
        logs_ms: of logs, which are kept no longer than other events.
        failed_ms: of jobs that went wrong, logs included, which are kept no shorter than others; None: as others.
        now_ms: what was received later, by a clock that was ahead, goes with what follows it.
    """

    events_ms: int
    logs_ms: int
    failed_ms: int | None = None
    now_ms: int = EVER_MS

    @property
    def is_none(self) -> bool:
        """Whether nothing goes for its age: whoever asks is after what deleted jobs have left."""
        return self.all_logs_ms <= 0

    @property
    def troubled(self) -> tuple[str, ...]:
        """The statuses of jobs that are kept longer than others."""
        return () if self.failed_ms is None else TROUBLED

    @property
    def all_logs_ms(self) -> int:
        """What logs go by."""
        return max(self.events_ms, self.logs_ms)

    @property
    def troubled_ms(self) -> int:
        """What those of jobs that went wrong go by."""
        return self.events_ms if self.failed_ms is None else min(self.failed_ms, self.events_ms)

    def outlives(self, job: Job) -> bool:
        """Whether the job's events are kept longer than others'."""
        return job.pinned or job.status in self.troubled

    def before_ms(self, type_: str, job: Job | None) -> int | None:
        """Of an event of a type and of a job, if it has one; None: it never goes."""
        if job is not None and job.pinned:
            return None
        if job is not None and job.status in self.troubled:
            return self.troubled_ms
        return self.all_logs_ms if type_ == "log" else self.events_ms
