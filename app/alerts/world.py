"""What rules are held against: the live figures, what is stored of the last while, jobs, and events as they come."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from app.alerts import errors
from app.alerts.conditions import MOMENTS, STATES
from app.alerts.jobs import Jobs, Watched
from app.alerts.rules import Rule
from app.metrics.catalogue import METRICS
from app.metrics.lately import Asked, Lately
from app.metrics.points import is_late, labels_of, spider_of
from app.storage.base import Event, EventFilter, EventStore, Job
from app.storage.base_series import Labels

Happening = tuple[str, Labels, Mapping[str, str]]
"""What conditions call it, the labels of its instance, and what they filter by."""

_PAGE: Final = 500
_NEW_ERROR: Final = "error_group_new"
_STATUSES: Final = {"job_stalled": "stalled", "job_lost": "lost"}


class World:
    """See `app.alerts.ports.World`.

    Args:
        values: the live figures by metric name, as `Figures.values`.
        lately: what is stored of the last while.
        jobs: those that have not ended.
        kinds: of errors, those that were seen.
        events: where events are read, after the last one that was seen.
    """

    def __init__(
        self,
        values: Callable[[], Mapping[str, float]],
        lately: Lately,
        jobs: Jobs,
        events: EventStore,
        kinds: errors.Kinds,
    ) -> None:
        self._values = values
        self._lately = lately
        self.jobs = jobs
        self._events = events
        self._kinds = kinds

    def look(self, rules: Sequence[Rule], after: int | None, now_ms: int) -> "Sight":
        """See `app.alerts.ports.World`."""
        newest = self._events.reach().newest
        asked = {rule.condition.event for rule in rules if rule.condition.is_moment and rule.enabled}
        happened: list[Event] = []
        if asked and after is not None and after < newest:
            types = {"error" if event == _NEW_ERROR else event for event in asked}
            happened = list(self._happened(tuple(sorted(types)), after))
            newest = max(newest, happened[-1].cursor if happened else 0)
        told = [(event.type, *self._job(event.job_id)) for event in happened if event.type != "error"]
        new, kinds = self._errors(happened, after, now_ms) if _NEW_ERROR in asked else ([], [])
        return Sight(
            cursor=newest,
            now_ms=now_ms,
            values=self._values(),
            lately=self._lately,
            watched=self.jobs.open(),
            last_start=self.jobs.last_start,
            since=self.jobs.since,
            happened=told + new,
            kinds=kinds,
        )

    def _errors(self, happened: Sequence[Event], after: int | None, now_ms: int) -> tuple[list[Happening], list[str]]:
        """Errors of new kinds, and the kinds that are to be remembered."""
        of_kind: dict[Labels, Event] = {}
        jobs: dict[str, Job | None] = {}
        for event in happened:
            if event.type == "error":
                if event.job_id not in jobs:
                    jobs[event.job_id] = self._events.job(event.job_id)
                of_kind.setdefault(errors.labels_of_error(event, jobs[event.job_id]), event)
        base = [] if after is None or self._kinds.has_error_kinds() else errors.base_of(self._events, after)
        new, kinds = errors.news(self._kinds, of_kind, base, now_ms)
        return [(_NEW_ERROR, labels, _about(jobs[of_kind[labels].job_id])) for labels in new], kinds

    def _happened(self, types: tuple[str, ...], after: int) -> Iterator[Event]:
        while page := self._events.events_after(EventFilter(types=types), after=after, limit=_PAGE):
            yield from (event for event in page if event.type == "error" or not is_late(event))
            after = page[-1].cursor

    def _job(self, job_id: str) -> tuple[Labels, Mapping[str, str]]:
        """The labels of a job that may have ended, and what conditions filter by."""
        job = self._events.job(job_id)
        return labels_of(job_id, job), _about(job)


def _about(job: Job | None) -> Mapping[str, str]:
    return {"source": job.source or "", "query": job.query or "", "spider": spider_of(job)} if job else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """See `app.alerts.ports.View`.

    Attributes:
        since: when this process began to hear of jobs.
        happened: of the events since the last look their type, their job's labels, and what conditions filter by.
    """

    cursor: int
    now_ms: int
    values: Mapping[str, float]
    lately: Lately
    watched: Mapping[str, Watched]
    last_start: Callable[[str], int]
    since: int
    happened: Sequence[Happening]
    kinds: Sequence[str]

    def figures(self, rule: Rule) -> Mapping[Labels, float]:
        """See `app.alerts.ports.View`."""
        condition = rule.condition
        if condition.kind == "metric":
            return self._live(rule) if rule.window_ms is None else self._stored(rule)
        if condition.kind == "job_missing":
            return self._overdue(rule)
        theirs = [job for job in self.watched.values() if job.is_of(condition.filters)]
        if condition.kind == "no_item":
            running = [job for job in theirs if job.status in {"running", "stalled"}]
            return {job.labels: float(max(0, self.now_ms - job.item_at)) for job in running}
        if condition.event in STATES:
            status = _STATUSES[condition.event]
            return {job.labels: float(job.status == status) for job in theirs}
        return self._moments(rule)

    def otherwise(self, rule: Rule) -> float | None:
        """See `app.alerts.ports.View`."""
        return 0.0 if rule.condition.kind == "event" else None

    def is_over(self, rule: Rule, labels: Labels) -> bool:
        """See `app.alerts.ports.View`."""
        job_id = dict(labels).get("job")
        return job_id is not None and rule.condition.event not in MOMENTS and job_id not in self.watched

    def _live(self, rule: Rule) -> dict[Labels, float]:
        metric = METRICS.get(rule.condition.metric)
        if metric and metric.samples and self.values.get(metric.samples, 0.0) < rule.min_samples:
            return {}
        value = self.values.get(rule.condition.metric)
        return {} if value is None else {(): value}

    def _stored(self, rule: Rule) -> Mapping[Labels, float]:
        assert rule.window_ms is not None  # noqa: S101  (asked for by `figures`)
        by_job = "job" in rule.scope
        asked = Asked(
            name=rule.condition.metric,
            where=rule.condition.where,
            by=rule.scope,
            agg=rule.aggregation,
            window_ms=rule.window_ms,
            least=rule.min_samples,
        )
        jobs = {job_id: job.labels for job_id, job in self.watched.items()} if by_job else None
        found = dict(self.lately.read(asked, jobs, self.now_ms))
        if by_job and not rule.condition.where and set(rule.scope) == {"job"} and self._is_counted(rule):
            found = {**self._idle(self.now_ms - rule.window_ms), **found}
        return found

    def _idle(self, from_ms: int) -> dict[Labels, float]:
        """0 for each job that went on all the while since then, as far as this process could hear."""
        if self.since > from_ms:
            return {}
        return {job.labels: 0.0 for job in self.watched.values() if job.began <= from_ms}

    def _is_counted(self, rule: Rule) -> bool:
        """Whether a job that tells nothing of the metric has none of it, which is a figure as well."""
        metric = METRICS.get(rule.condition.metric)
        return metric is not None and metric.kind == "counter" and rule.aggregation in {None, "sum", "count"}

    def _overdue(self, rule: Rule) -> dict[Labels, float]:
        condition = rule.condition
        spider = condition.filters["spider"]
        last_ms = self.last_start(spider)
        if condition.every_ms is not None:
            expected_ms = last_ms + condition.every_ms
        else:
            trigger = CronTrigger.from_crontab(condition.cron, ZoneInfo(condition.timezone))
            last = datetime.fromtimestamp(last_ms / 1000, UTC)
            following = trigger.get_next_fire_time(last, last)
            if following is None:
                return {}
            expected_ms = round(following.timestamp() * 1000)
        return {(("spider", spider),): float(max(0, self.now_ms - expected_ms))}

    def _moments(self, rule: Rule) -> dict[Labels, float]:
        """1 for what happened since the last look."""
        condition = rule.condition
        return {
            labels: 1.0
            for kind, labels, about in self.happened
            if kind == condition.event and about.items() >= condition.filters.items()
        }
