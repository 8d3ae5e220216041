"""A question about series and what is done to its answer, together: also where it asks about another time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.core.errors import InvalidInput
from app.metrics import transforms
from app.metrics.catalogue import METRICS, require_labels
from app.metrics.series import Answer, Line, SeriesQuery
from app.metrics.steps import Step
from app.metrics.transforms import Pipe
from app.storage.base import EventStore, Job, JobFilter
from app.storage.base_series import DAY_MS

_PAGE: Final = 200
_PAGES: Final = 5
"""Runs of a source that are looked through for the last of the same spider: a thousand."""


_OF_SAMPLES: Final = ("avg", "min", "max")


def is_counted(name: str, agg: str | None) -> bool:
    """Whether the values of that metric, so aggregated, are what was counted in each step."""
    metric = METRICS.get(name)
    return agg == "count" or (metric is not None and metric.kind == "counter" and agg in {None, "sum"})


@dataclass(frozen=True, slots=True)
class PipedReader:
    """Reads series through a pipe of transforms; from real threads only.

    Attributes:
        read: answers a question without a pipe, as `SeriesReader.query` does.
        events: knows which run of a spider came before which.
        now_ms: the time of the question.
    """

    read: Callable[[SeriesQuery], Answer]
    events: EventStore
    now_ms: int

    def query(self, asked: SeriesQuery, steps: Sequence[Step]) -> Answer:
        """The answer, transformed.

        Raises:
            InvalidInput: as `read`, and naming `transform` where there can be nothing to compare with.
        """
        labels = transforms.labels_of(steps)
        require_labels(asked.name, labels, "transform")
        asked = replace(asked, by=tuple(dict.fromkeys((*asked.by, *labels))), agg=_agg(asked, steps))
        found = self.read(asked)
        whens = transforms.times_of(steps)
        others = self._others(asked, whens, found.step_ms)
        step_ms = max(one.step_ms for one in (found, *others.values()) if one)
        if step_ms > found.step_ms:  # of the other time only coarser buckets are kept: both are told by those
            found, others = self.read(replace(asked, step_ms=step_ms)), self._others(asked, whens, step_ms)
        pipe = Pipe(is_counted(found.name, asked.agg), others.__getitem__, self.now_ms)
        return transforms.apply(steps, found, pipe)

    def _others(self, asked: SeriesQuery, whens: Iterable[str], step_ms: int) -> dict[str, Answer | None]:
        return {when: self.other(replace(asked, step_ms=step_ms), when) for when in whens}

    def other(self, asked: SeriesQuery, when: str) -> Answer | None:
        """The answer to the same question about another time: ``yesterday``, or ``lastRun`` if there was any."""
        if when == "yesterday":
            return self.read(_shifted(asked, -DAY_MS))
        job_id = asked.where.get("job")
        if job_id is None:
            raise InvalidInput('needs a query of one job, as items{job="…"}, for compare(lastRun)', field="transform")
        job = self.events.job(job_id)
        last = job and self.last_run(job)
        if job is None or last is None:
            return None
        shifted = _shifted(asked, _begin(last) - _begin(job))
        answer = self.read(replace(shifted, where={**asked.where, "job": last.id}))
        return replace(answer, series=[Line(_renamed(line.labels, job_id), line.points) for line in answer.series])

    def last_run(self, job: Job) -> Job | None:
        """The spider's run before this one."""
        before = job.key
        for _ in range(_PAGES):
            page = self.events.jobs(JobFilter(source=job.source), before=before, limit=_PAGE)
            for found in page:
                if _is_earlier(found, job):
                    return found
            if len(page) < _PAGE:
                return None
            before = page[-1].key
        return None


def _agg(asked: SeriesQuery, steps: Sequence[Step]) -> str | None:
    """How values are aggregated: a rate is of all that a counter gained, whatever its single samples were."""
    metric = METRICS.get(asked.name)
    is_rate = metric is not None and metric.kind == "counter" and any(step.name == "rate" for step in steps)
    return "sum" if is_rate and asked.agg in _OF_SAMPLES else asked.agg


def _is_earlier(found: Job, job: Job) -> bool:
    """Whether it is a run of the same spider that started before."""
    same = (found.source, found.query) == (job.source, job.query)
    return same and found.started_at is not None and found.started_at <= _begin(job)


def _begin(job: Job) -> int:
    return job.created_at if job.started_at is None else job.started_at


def _shifted(asked: SeriesQuery, by_ms: int) -> SeriesQuery:
    return replace(asked, from_ms=max(0, asked.from_ms + by_ms), to_ms=max(0, asked.to_ms + by_ms))


def _renamed(labels: dict[str, str], job_id: str) -> dict[str, str]:
    """The last run's lines stand for those of this one."""
    return {**labels, "job": job_id} if "job" in labels else labels
