"""What becomes of a rule's incidents when its instances move: pure functions.

An incident opens with the first instance of its group that fires and is over with the last one that is no longer.
One that fires again within the cooldown of that end opens the same incident again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from app.alerts.rules import Rule
from app.alerts.states import FIRING, OK, OPEN, PENDING, RECOVERING
from app.storage.base_alerts import Entry, Incident, Instance
from app.storage.base_evaluations import Outgoing
from app.storage.base_series import Labels

RESOLVED: Final = "resolved"
SHOWN: Final = 20
"""Instances that a line of a timeline or a notice names; it counts them all."""

Groups = Mapping[Labels, list[Instance]]
"""The open instances of each group."""


@dataclass(slots=True)
class Draft:
    """An incident as it shall be, and what is to be written of it."""

    incident: Incident
    before: Incident | None
    entries: list[Entry] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.incident != self.before or bool(self.entries)

    def note(self, at_ms: int, what: str, **detail: Any) -> None:
        """Add a line to the timeline."""
        self.entries.append(Entry(at=at_ms, kind=what, detail=detail, rule_id=self.incident.rule_id))


def group_of(rule: Rule, labels: Labels) -> Labels:
    """The labels that the incident of such an instance is about."""
    return tuple((name, value) for name, value in labels if name in rule.group_by)


def groups_of(rule: Rule, instances: Iterable[Instance]) -> dict[Labels, list[Instance]]:
    """The open ones by group."""
    found: dict[Labels, list[Instance]] = {}
    for one in instances:
        if one.state in OPEN:
            found.setdefault(group_of(rule, one.labels), []).append(one)
    return found


def worst_of(rule: Rule, members: Iterable[Instance]) -> float:
    """Of their figures, the one furthest into the condition; there must be one."""
    return reduce(rule.condition.worse, (one.value for one in members))


def near_misses(moves: Iterable[tuple[Instance, Instance]], now_ms: int) -> list[Entry]:
    """Lines about what pended and then did not fire."""
    missed = [before for before, after in moves if (before.state, after.state) == (PENDING, OK)]
    if not missed:
        return []
    detail = {**_named(missed), "peak": missed[0].peak, "since": missed[0].starts_at}
    return [Entry(at=now_ms, kind="near_miss", detail=detail, rule_id=missed[0].rule_id)]


def gather(
    rule: Rule,
    moves: Iterable[tuple[Instance, Instance]],
    groups: Groups,
    standing: Mapping[Labels, Incident],
    now_ms: int,
) -> list[Draft]:
    """The rule's incidents after its instances have moved.

    Args:
        rule: the rule.
        moves: instances whose state has changed, as they were and as they are.
        groups: all that are open now.
        standing: the newest incident of each group.
        now_ms: the time.
    """
    moved: dict[Labels, list[tuple[Instance, Instance]]] = {}
    for before, after in moves:
        moved.setdefault(group_of(rule, after.labels), []).append((before, after))
    drafts = []
    for group in {**standing, **dict.fromkeys(groups)}:
        draft = _draft(rule, group, groups.get(group, []), standing.get(group), now_ms)
        if draft is not None:
            _write_moves(draft, moved.get(group, []), now_ms)
            _settle(rule, draft, groups.get(group, []), moved.get(group, []), now_ms)
            drafts.append(draft)
    return drafts


def closed(draft: Draft, reason: str, value: float, now_ms: int) -> None:
    """Let the incident be over."""
    draft.incident = replace(
        draft.incident,
        state=RESOLVED,
        ended_at=now_ms,
        reason=reason,
        value=value,
        members=0,
        joined=0,
        muted="",
        held="",
    )
    draft.note(now_ms, "resolved", reason=reason, value=value)


def _draft(rule: Rule, group: Labels, members: list[Instance], last: Incident | None, now_ms: int) -> Draft | None:
    """The incident that is open, opens again, is new or is to be told; None where there is nothing."""
    if last is not None and last.state != RESOLVED:
        return Draft(last, last)
    if not members:
        return None if last is None else Draft(last, last)
    if last is not None and last.ended_at is not None and 0 <= now_ms - last.ended_at < rule.cooldown_ms:
        return _again(rule, last, now_ms)
    opened = Incident(
        rule_id=rule.id,
        rule=rule.name,
        severity=rule.severity,
        started_at=min(one.starts_at for one in members),
        opened_at=now_ms,
        value=members[0].value,
        peak=members[0].peak,
        group=group,
        members=0,
    )
    draft = Draft(opened, None)
    draft.note(now_ms, "opened", value=opened.value, severity=rule.severity)
    return draft


def _again(rule: Rule, last: Incident, now_ms: int) -> Draft:
    again = replace(
        last,
        state="firing",
        severity=rule.severity,
        ended_at=None,
        last_ended_at=last.ended_at,
        opened_at=now_ms,
        reason="",
        again=last.again + 1,
        left=0,
        acked_by=None,
        acked_at=None,
        acked_until=None,
        note=None,
    )
    draft = Draft(again, last)
    draft.note(now_ms, "reopened", again=again.again)
    return draft


def _write_moves(draft: Draft, moves: list[tuple[Instance, Instance]], now_ms: int) -> None:
    """One line of each kind, however many instances moved."""
    for kind, came_from, went_to in _MOVES:
        some = [after for before, after in moves if before.state in came_from and after.state in went_to]
        if some:
            draft.note(now_ms, kind, **_named(some))
    flaps = sum((before.state, after.state) == (RECOVERING, FIRING) for before, after in moves)
    joined = sum(before.state not in OPEN and after.state in OPEN for before, after in moves)
    left = sum(before.state in OPEN and after.state not in OPEN for before, after in moves)
    if flaps or joined or left:
        held = draft.incident
        draft.incident = replace(held, flaps=held.flaps + flaps, joined=held.joined + joined, left=held.left + left)


def _settle(
    rule: Rule, draft: Draft, members: list[Instance], moves: list[tuple[Instance, Instance]], now_ms: int
) -> None:
    """Bring figures up to date, or end it with its last instance."""
    if draft.incident.state == RESOLVED:
        return
    if not members:
        left = [after for _, after in moves]
        reason = (left[-1].reason or "recovered") if left else "rule_changed"
        closed(draft, reason, left[-1].value if left else draft.incident.value, now_ms)
        return
    held, value = draft.incident, worst_of(rule, members)
    peak = reduce(rule.condition.worse, (one.peak for one in members), held.peak)
    if len(members) != held.members or peak != held.peak or draft.entries:
        draft.incident = replace(held, members=len(members), peak=peak, value=value)


def _named(instances: list[Instance]) -> dict[str, Any]:
    shown = [{"labels": dict(one.labels), "value": one.value} for one in instances[:SHOWN]]
    return {"count": len(instances), "instances": shown}


_MOVES: Final = (
    ("joined", (OK, PENDING), OPEN),
    ("recovering", (FIRING,), (RECOVERING,)),
    ("flapped", (RECOVERING,), (FIRING,)),
    ("left", OPEN, (OK,)),
)
