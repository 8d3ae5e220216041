"""Which jobs open incidents are about: how many fire for each, and how many somebody looks after."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from app.storage.base_alerts import Incident, Instance


@dataclass(frozen=True, slots=True)
class Badge:
    """A job's open incidents, by their ids."""

    firing: tuple[int, ...] = ()
    acknowledged: tuple[int, ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """All of them."""
        return (*self.firing, *self.acknowledged)


def badges(instances: Iterable[Instance], incidents: Iterable[Incident], jobs: Collection[str]) -> dict[str, Badge]:
    """Of those `jobs` that the open `incidents` are about.

    An instance names its job; its incident is the open one of its rule whose group it agrees with.
    """
    by_rule: dict[int, list[Incident]] = {}
    for incident in incidents:
        by_rule.setdefault(incident.rule_id, []).append(incident)
    found: dict[str, dict[int, Incident]] = {}
    for instance in instances:
        labels = dict(instance.labels)
        job_id = labels.get("job")
        if job_id in jobs and job_id is not None:
            of_it = (one for one in by_rule.get(instance.rule_id, ()) if _holds(one, labels))
            found.setdefault(job_id, {}).update((one.id, one) for one in of_it)
    return {job_id: _badge(theirs.values()) for job_id, theirs in found.items() if theirs}


def _holds(incident: Incident, labels: Mapping[str, str]) -> bool:
    return all(labels.get(name, "") == value for name, value in incident.group)


def _badge(incidents: Iterable[Incident]) -> Badge:
    ordered = sorted(incidents, key=lambda one: one.id)
    fires = tuple(one.id for one in ordered if one.state == "firing")
    return Badge(fires, tuple(one.id for one in ordered if one.state != "firing"))
