"""What keeps incidents quiet without changing them: silences, and rules that inhibit others."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import Final

from app.alerts.ports import Mute
from app.alerts.rules import Rule
from app.alerts.silences import Silence, covering, stored
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import Labels
from app.storage.base_silences import SilenceStore

_SHOWN: Final = 120


class Overlay:
    """Reads what is laid over the alerts."""

    def __init__(self, silences: SilenceStore) -> None:
        self._silences = silences

    def read(
        self, rules: Sequence[Rule], standing: Sequence[Incident], firing: Sequence[Instance], now_ms: int
    ) -> Mute:
        """See `app.alerts.ports.Overlay`."""
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


def inhibitors_of(rules: Sequence[Rule], firing: Iterable[Instance]) -> dict[str, list[tuple[str, Labels]]]:
    """For the name of each rule that is inhibited, which rule fires for which labels."""
    by_id = {rule.id: rule for rule in rules if rule.inhibits}
    found: dict[str, list[tuple[str, Labels]]] = {}
    for one in firing:
        rule = by_id.get(one.rule_id)
        for name in rule.inhibits if rule else ():
            found.setdefault(name, []).append((rule.name if rule else "", one.labels))
    return found


def muted(
    rule: Rule,
    members: Sequence[Instance],
    inhibitors: dict[str, list[tuple[str, Labels]]],
    silences: Sequence[Silence],
) -> str:
    """Why an incident of these instances is kept quiet, inhibition before silence; "" if it is not."""
    over = inhibitors.get(rule.name, [])
    by = {_inhibitor(one.labels, over) for one in members} if over else {""}
    if members and "" not in by:
        return f"inhibited by {min(by)}"
    silence = covering(silences, rule, members) if silences else None
    return f"silence {silence.id}: {silence.reason[:_SHOWN]}" if silence else ""


def _inhibitor(labels: Labels, over: Sequence[tuple[str, Labels]]) -> str:
    """The rule that fires for equal labels or for fewer of them; "" for none."""
    carried = set(labels)
    return next((name for name, theirs in over if carried.issuperset(theirs)), "")
