"""What new events mean, inside the transaction that stores them: first for their jobs, then for the series."""

from collections import Counter
from collections.abc import Callable, Mapping

from app.jobs.fold import fold as fold_jobs
from app.metrics.limits import Limits
from app.metrics.points import baselines, labels_of, points_of
from app.storage.base import Commit, Fold, Job
from app.storage.base_series import Point


def folding(limits: Limits) -> Fold:
    """The fold of a process; `limits` are those of users' own metrics."""

    def fold(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
        told = {event.job_id for event in commit.telling}
        before = baselines({job_id: jobs[job_id] for job_id in told if job_id})
        fold_jobs(commit, jobs)
        return points_of(commit, jobs, before, limits)

    return fold


def learning(limits: Limits) -> Callable[[Commit], None]:
    """Lets `limits` know users' own metrics of which another process has stored the first figure."""

    def learn(commit: Commit) -> None:
        jobs = {job.id: job for job in commit.jobs}
        for event in commit.telling:
            if event.type == "metric":
                limits.place(event, labels_of(event.job_id, jobs.get(event.job_id)), Counter())

    return learn
