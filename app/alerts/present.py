"""What is measured now of all that pends, fires or recovers.

A figure that changes and nothing else is no news, so it is not written: the store has the one of the last change. The
process that evaluates knows the present one, and tells it; any other tells what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.alerts.incidents import RESOLVED, groups_of, worst_of
from app.alerts.rules import Rule
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import Labels


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last evaluation saw of a rule; nothing in it changes."""

    rule: Rule
    instances: Mapping[Labels, Instance]

    def worst(self) -> dict[Labels, float]:
        """The figure furthest into the condition of each group that fires."""
        groups = groups_of(self.rule, self.instances.values())
        return {group: worst_of(self.rule, members) for group, members in groups.items()}


@dataclass(frozen=True, slots=True)
class Present:
    """What the last evaluation of this process saw, by the rules' ids; may be asked by any thread."""

    seen: Mapping[int, Seen] = field(default_factory=dict)
    _worst: dict[int, Mapping[Labels, float]] = field(default_factory=dict)

    def instance(self, stored: Instance) -> Instance:
        """The instance with its present figure."""
        seen = self.seen.get(stored.rule_id)
        now = seen.instances.get(stored.labels) if seen else None
        return stored if now is None or now.value == stored.value else replace(stored, value=now.value)

    def incident(self, stored: Incident) -> Incident:
        """The incident with the present figure of what fires worst in it."""
        seen = self.seen.get(stored.rule_id)
        if stored.state == RESOLVED or seen is None:
            return stored
        if stored.rule_id not in self._worst:
            self._worst[stored.rule_id] = seen.worst()
        value = self._worst[stored.rule_id].get(stored.group, stored.value)
        return stored if value == stored.value else replace(stored, value=value)


NOTHING: Final = Present()
"""Of a process that does not evaluate."""
