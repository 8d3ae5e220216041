"""Which jobs open incidents are about: how many fire for each, and how many somebody looks after."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.alerts.incidents import group_of
from app.alerts.service import Alerts
from app.storage.base_alerts import OPEN, Incident, IncidentFilter, Instance
from app.storage.base_series import Labels

MOST: Final = 500
"""Groups of rules of one look: each has one open incident at most."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A job's open incidents, by their ids."""

    firing: tuple[int, ...] = ()
    acknowledged: tuple[int, ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """All of them."""
        return (*self.firing, *self.acknowledged)


def badges(
    alerts: Alerts, instances: Iterable[Instance], jobs: Collection[str], states: tuple[str, ...] = OPEN
) -> dict[str, Badge]:
    """Of those `jobs` that incidents in these states are about.

    An instance names its job; its incident is the open one of its rule's group. Only those are looked up: there may be
    thousands of others.
    """
    theirs = [(job_id, one) for one in instances if (job_id := dict(one.labels).get("job")) in jobs and job_id]
    rules = {rule.id: rule for rule in alerts.list_rules()} if theirs else {}
    groups: dict[tuple[int, Labels], set[str]] = {}
    for job_id, one in theirs:
        if one.rule_id in rules:
            groups.setdefault((one.rule_id, group_of(rules[one.rule_id], one.labels)), set()).add(job_id)
    found: dict[str, list[Incident]] = {}
    for incident in _incidents(alerts, list(groups), states):
        for job_id in groups[incident.rule_id, incident.group]:
            found.setdefault(job_id, []).append(incident)
    return {job_id: _badge(about) for job_id, about in found.items()}


def _incidents(alerts: Alerts, groups: Sequence[tuple[int, Labels]], states: tuple[str, ...]) -> Iterator[Incident]:
    for start in range(0, len(groups), MOST):
        some = tuple(groups[start : start + MOST])
        yield from alerts.incidents(IncidentFilter(states=states, groups=some), limit=MOST)


def _badge(incidents: Iterable[Incident]) -> Badge:
    ordered = sorted(incidents, key=lambda one: one.id)
    fires = tuple(one.id for one in ordered if one.state == "firing")
    return Badge(fires, tuple(one.id for one in ordered if one.state != "firing"))
