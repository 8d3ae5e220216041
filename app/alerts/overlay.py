"""What keeps incidents quiet without changing them: silences, and rules that inhibit others."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from app.alerts.ports import Mute
from app.alerts.rules import Rule
from app.alerts.silences import Silence, covering, stored
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import Labels
from app.storage.base_silences import SilenceStore

Inhibitors = dict[tuple[str, ...], dict[Labels, str]]
"""The names of labels that rules fire for, and for which of their values which rule does."""

_SHOWN: Final = 120


class Overlay:
    """Reads what is laid over the alerts.

    Args:
        insisting: see `app.alerts.ports.Overlay`.
    """

    def __init__(self, silences: SilenceStore, insisting: Callable[[], Set[str]]) -> None:
        self._silences = silences
        self.insisting = insisting

    def read(
        self, rules: Sequence[Rule], standing: Sequence[Incident], firing: Sequence[Instance], now_ms: int
    ) -> Mute:
        """See `app.alerts.ports.Overlay`."""
        if not firing:
            return lambda *_: ""
        open_ones = {None, *(incident.id for incident in standing if incident.state != "resolved")}
        known = [one for one in map(stored, self._silences.silences(now_ms)) if one.incident in open_ones]
        active = [one for one in known if one.is_on(now_ms)]
        inhibitors = inhibitors_of(rules, firing)
        return lambda rule, members: muted(rule, members, inhibitors, active)

    def ended(self, incidents: Set[int], now_ms: int) -> None:
        """See `app.alerts.ports.Overlay`: their own silences end."""
        for row in self._silences.silences(now_ms):
            if stored(row).incident in incidents:
                self._silences.change(replace(row, ended_at=now_ms))


def inhibitors_of(rules: Sequence[Rule], firing: Iterable[Instance]) -> dict[str, Inhibitors]:
    """For the name of each rule that is inhibited, by which rule for which labels.

    Of labels those of the scope count: what else an instance carries, as a job its source, another need not carry. No
    rule inhibits itself.
    """
    by_id = {rule.id: rule for rule in rules if rule.inhibits}
    found: dict[str, Inhibitors] = {}
    for one in firing:
        rule = by_id.get(one.rule_id)
        if rule is None:
            continue
        labels = tuple((name, value) for name, value in one.labels if name in rule.scope)
        names = tuple(name for name, _ in labels)
        for inhibited in rule.inhibits:
            if inhibited != rule.name:
                found.setdefault(inhibited, {}).setdefault(names, {})[labels] = rule.name
    return found


def muted(
    rule: Rule, members: Sequence[Instance], inhibitors: Mapping[str, Inhibitors], silences: Sequence[Silence]
) -> str:
    """Why an incident of these instances is kept quiet, inhibition before silence; "" if it is not."""
    over = inhibitors.get(rule.name, {})
    by = {_inhibitor(one.labels, over) for one in members} if over else {""}
    if members and "" not in by:
        return f"inhibited by {min(by)}"
    silence = covering(silences, rule, members) if silences else None
    return f"silence {silence.id}: {silence.reason[:_SHOWN]}" if silence else ""


def _inhibitor(labels: Labels, over: Inhibitors) -> str:
    """The rule that fires for equal labels or for fewer of them; "" for none."""
    for names, firing in over.items():
        found = firing.get(tuple((name, value) for name, value in labels if name in names))
        if found:
            return found
    return ""
