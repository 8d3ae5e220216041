"""What a rule would have done: the same functions over what is stored, before anybody is woken by it.

The past is walked in steps of 5 s while those are kept, of minutes before that, and of wider ones where there are many
series. Nobody acknowledges or silences anything in it, and no other rule inhibits this one.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.alerts import states
from app.alerts.incidents import RESOLVED, gather, groups_of, near_misses
from app.alerts.rules import Rule
from app.alerts.telling import tell
from app.core.clock import rfc3339
from app.core.errors import InvalidInput
from app.metrics.catalogue import METRICS
from app.metrics.lately import Asked
from app.metrics.past import Past, Walk
from app.storage.base import EventStore
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import DAY_MS, HOUR_MS, Labels

MAX_SPAN_MS: Final = 30 * DAY_MS
MAX_SHOWN: Final = 1_000
"""Transitions that are told one by one."""


@dataclass(slots=True)
class Play:
    """A rule, played over figures step by step; what happens is counted.

    Attributes:
        fired: how many incidents opened, those that opened again not counted.
        messages: how many notices there were, by kind, each channel's counted once.
        transitions: changes of instances, oldest first: at, labels, from, to, value.
        near_misses: how often something pended and did not fire.
    """

    rule: Rule
    fired: int = 0
    near_misses: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    transitions: list[dict[str, Any]] = field(default_factory=list)
    _instances: dict[Labels, Instance] = field(default_factory=dict)
    _standing: dict[Labels, Incident] = field(default_factory=dict)
    _opened: int = 0

    def step(self, figures: Mapping[Labels, float | None], now_ms: int, over: Container[Labels] = ()) -> None:
        """Go on to a moment with its figures; what is of those that are `over` has ended."""
        moves = list(self._move(figures, now_ms, over))
        self.near_misses += bool(near_misses(moves, now_ms))
        groups = groups_of(self.rule, self._instances.values())
        for draft in gather(self.rule, moves, groups, self._standing, now_ms):
            tell(self.rule, draft, groups.get(draft.incident.group, []), "", now_ms)
            if draft.before is None:
                self._opened += 1
                self.fired += 1
                draft.incident = replace(draft.incident, id=self._opened)
            self._standing[draft.incident.group] = draft.incident
            for kind in {entry.detail["notice"] for entry in draft.entries if entry.kind == "notice"}:
                self.messages[kind] = self.messages.get(kind, 0) + 1

    @property
    def open(self) -> int:
        """How many incidents are open."""
        return sum(incident.state != RESOLVED for incident in self._standing.values())

    def _move(
        self, figures: Mapping[Labels, float | None], now_ms: int, over: Container[Labels]
    ) -> Iterator[tuple[Instance, Instance]]:
        for labels in {**self._instances, **figures}:
            before = self._instances.get(labels) or Instance(rule_id=self.rule.id, labels=labels)
            if before.state != states.OK and labels in over:
                after = states.over(before, "job_ended")
            else:
                after = states.step(self.rule, before, figures.get(labels), now_ms)
            self._instances[labels] = after
            if before.state != after.state:
                self._note(before, after, now_ms)
                yield before, after

    def _note(self, before: Instance, after: Instance, now_ms: int) -> None:
        if len(self.transitions) < MAX_SHOWN:
            moved = {"from": before.state, "to": after.state, "value": after.value}
            self.transitions.append({"at": rfc3339(now_ms), "labels": dict(after.labels), **moved})


class Backtest:
    """Plays rules over what is stored.

    Args:
        past: where figures are read.
        events: where it is asked when a job ended.
    """

    def __init__(self, past: Past, events: EventStore) -> None:
        self._past = past
        self._events = events

    def run(self, rule: Rule, from_ms: int, to_ms: int, now_ms: int) -> dict[str, Any]:
        """What the rule would have done between two moments.

        Raises:
            InvalidInput: naming `from`, `to` or a field of the rule: that can't be told.
        """
        if rule.condition.kind != "metric":
            raise InvalidInput("can be tested on a metric only", field="rule.condition")
        if not 0 < to_ms - from_ms <= MAX_SPAN_MS:
            raise InvalidInput("must lie before to, by 30 days at most", field="from")
        return self.replay(rule, self.walk(rule, from_ms, min(to_ms, now_ms), now_ms))

    def replay(self, rule: Rule, walk: Walk) -> dict[str, Any]:
        """What the rule would have done over figures that were read already."""
        ends = {labels: self._end(dict(labels)["job"]) for labels in walk.lines if "job" in dict(labels)}
        play = Play(rule)
        for place, at_ms in enumerate(walk.times):
            over = {labels for labels, end in ends.items() if end is not None and end <= at_ms}
            play.step({labels: line[place] for labels, line in walk.lines.items()}, at_ms, over)
        return {
            "fired": play.fired,
            "messages": sum(play.messages.values()),
            "byKind": play.messages,
            "nearMisses": play.near_misses,
            "open": play.open,
            "step": walk.times.step,
            "transitions": play.transitions,
        }

    def walk(self, rule: Rule, from_ms: int, to_ms: int, now_ms: int) -> Walk:
        """The figures of a rule on a metric between two moments, as it would have seen them.

        Raises:
            InvalidInput: naming `from` or a field of the rule.
        """
        condition = rule.condition
        asked = Asked(
            name=condition.metric,
            where=condition.where,
            by=rule.scope,
            agg=rule.aggregation,
            window_ms=rule.window_ms or 1,
            least=1 if rule.window_ms is None else rule.min_samples,
        )
        walk = self._past.read(asked, from_ms, to_ms, now_ms)
        metric = METRICS.get(condition.metric)
        if rule.window_ms is None and metric and metric.samples:
            counted = replace(asked, name=metric.samples)
            samples = self._past.read(counted, from_ms, to_ms, now_ms).lines.get((), [])
            lines = {labels: _with_enough(line, samples, rule.min_samples) for labels, line in walk.lines.items()}
            return Walk(walk.times, lines)
        if rule.window_ms is None and metric is None:  # a user's own: the latest value counts, for an hour
            kept = HOUR_MS // walk.times.step
            return Walk(walk.times, {labels: _carried(line, kept) for labels, line in walk.lines.items()})
        return walk

    def _end(self, job_id: str) -> int | None:
        job = self._events.job(job_id)
        return None if job is None else job.finished_at


def _carried(line: list[float | None], steps: int) -> list[float | None]:
    """The line with each figure going on until the next one, for so many steps at most."""
    carried: list[float | None] = []
    last, age = None, 0
    for value in line:
        last, age = (last, age + 1) if value is None else (value, 0)
        carried.append(last if age < max(1, steps) else None)
    return carried


def _with_enough(line: list[float | None], samples: list[float | None], least: int) -> list[float | None]:
    """The figures that were made of enough samples."""
    counts = samples or [None] * len(line)
    return [value if (count or 0) >= least else None for value, count in zip(line, counts, strict=True)]
