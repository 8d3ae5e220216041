"""What new events mean, inside the transaction that stores them: first for their jobs, then for the series."""

from collections.abc import Mapping

from app.jobs.fold import fold as fold_jobs
from app.metrics.limits import Limits
from app.metrics.points import baselines, points_of
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
