"""What a notice says, in words: the same facts for every channel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.said import said
from app.notify import template
from app.storage.base_notices import NewNotice

MEMBERS: Final = 5
"""Members of an incident told one by one."""

FIELDS: Final = {
    "title": said("the first line, as it would be without a template"),
    "text": said("all of it, as it would be without a template"),
    "rule": said("the rule's name"),
    "severity": said("info, warning, error or critical"),
    "kind": said("firing, update, reminder, resolved or test"),
    "state": said("firing or resolved"),
    "summary": said("the rule's summary"),
    "condition": said("the rule's condition"),
    "metric": said("the metric"),
    "operator": said("the condition's operator"),
    "threshold": said("the condition's threshold"),
    "value": said("the value now"),
    "peak": said("the value furthest into the condition"),
    "startedAt": said("since when it fires"),
    "endedAt": said("when it ended"),
    "duration": said("how long it lasted"),
    "reason": said("why it ended: recovered, no_data, job_ended, paused, rule_changed, rule_deleted"),
    "labels": said("the incident's labels"),
    "members": said("what the incident is made of"),
    "firing": said("how many of them fire"),
    "resolved": said("how many of them are over"),
    "runbookUrl": said("the rule's runbook"),
    "channel": said("the channel's name"),
    "inPlaceOf": said("the channel that could not be told, in whose place this one is"),
    "link": said("the link to look at it"),
    "acknowledge": said("the link to acknowledge it"),
    "silence": said("the link to silence it"),
}
"""What a template may name."""

SEVERITIES: Final = ("info", "warning", "error", "critical")
_HEADINGS: Final = {
    "firing": "{rule} fires{again}",
    "update": "{rule} fires, and it has changed",
    "reminder": "{rule} still fires",
    "resolved": "{rule} is over",
    "test": "Test of the channel {channel}",
}
_REASONS: Final = {
    "recovered": "it recovered",
    "job_ended": "the job ended while it fired",
    "no_data": "nothing was heard any more",
    "paused": "the rule was paused",
    "rule_changed": "the rule was changed",
    "rule_deleted": "the rule was deleted",
}


@dataclass(slots=True, frozen=True, kw_only=True)
class Message:
    """A notice in words.

    Attributes:
        key: see `NewNotice`; the receiver may know a repeated message by it.
        fields: the values of `FIELDS`.
        title: one line.
        text: the rest, by the channel's template if it has one.
        links: `link`, `acknowledge` and `silence` to their addresses; those that make sense.
        body: what the notice was made of.
        done: recipients that have it already; a channel that writes to each one by itself adds to it, so that a
            second try spares them.
    """

    key: str
    kind: str
    incident_id: int | None
    created_at: int
    fields: Mapping[str, str]
    title: str
    text: str
    links: Mapping[str, str]
    body: Mapping[str, Any]
    done: set[str] = field(default_factory=set)

    @property
    def severity(self) -> str:
        """One of `SEVERITIES`; `info` for what has none."""
        found = self.fields.get("severity", "")
        return found if found in SEVERITIES else "info"

    @property
    def is_over(self) -> bool:
        """Whether it says that it is over."""
        return self.kind == "resolved"


def message(notice: NewNotice, links: Mapping[str, str], form: str = "", done: set[str] | None = None) -> Message:
    """What `notice` says, its text by the template `form` if that is not empty."""
    values = _values(notice, links)
    values["title"] = _title(notice, values)
    values["text"] = "\n".join(_lines(notice, values))
    return Message(
        key=notice.key,
        kind=notice.kind,
        incident_id=notice.incident_id,
        created_at=notice.created_at,
        fields=values,
        title=values["title"],
        text=template.fill(form, values) if form else values["text"],
        links=links,
        body=notice.body,
        done=set() if done is None else done,
    )


def _values(notice: NewNotice, links: Mapping[str, str]) -> dict[str, str]:
    body = notice.body
    values = {name: written(body[name]) for name in FIELDS if name in body and name not in {"labels", "members"}}
    values |= {"kind": notice.kind, "channel": notice.channel, "inPlaceOf": notice.in_place_of or "", **links}
    values["labels"] = _labels(body.get("labels"))
    values["members"] = "\n".join(_members(body))
    values |= body.get("shown", {})
    if isinstance(body.get("duration"), int | float):
        values["duration"] = span(body["duration"])
    return values


def _title(notice: NewNotice, values: Mapping[str, str]) -> str:
    again = notice.body.get("again")
    known = {**values, "again": f" again (×{again})" if again else ""}
    heading = template.fill(_HEADINGS[notice.kind], known)
    firing, resolved = notice.body.get("firing"), notice.body.get("resolved")
    counts = [f"{number} {word}" for number, word in ((firing, "firing"), (resolved, "resolved")) if number]
    severity = "" if notice.kind in {"test", "resolved"} or not values.get("severity") else f"{values['severity']}: "
    is_group = isinstance(firing, int) and isinstance(resolved, int) and firing + resolved > 1
    return f"{severity}{heading}" + (f" ({', '.join(counts)})" if is_group else "")


def _lines(notice: NewNotice, values: Mapping[str, str]) -> list[str]:
    if notice.kind == "test":
        return [values.get("summary") or "Messages to this channel arrive."]
    lines = [values.get("summary", ""), "; ".join(fact for fact in _facts(notice, values) if fact)]
    lines += [values[name] for name in ("labels", "members")]
    if values.get("runbookUrl"):
        lines.append(f"Runbook: {values['runbookUrl']}")
    if values["inPlaceOf"]:
        lines.append(f"Told here because {values['inPlaceOf']} could not be told.")
    return [line for line in lines if line]


def _facts(notice: NewNotice, values: Mapping[str, str]) -> Iterator[str]:
    """What the summary does not say by itself: most are sentences about the condition and the value."""
    summary, metric, value = (values.get(name, "") for name in ("summary", "metric", "value"))
    condition = (
        values.get("condition") or f"{metric} {values.get('operator', '')} {values.get('threshold', '')}".strip()
    )
    yield "" if condition.lower() in summary.lower() or (metric and metric in summary) else condition
    if notice.kind == "resolved":
        yield f"lasted {values['duration']}" if values.get("duration") else ""
        yield f"peak {values['peak']}" if metric and values.get("peak") else ""
    yield f"now {value}" if metric and value and value not in summary else ""
    if notice.kind == "resolved":
        yield _REASONS.get(values.get("reason", ""), values.get("reason", ""))


def _members(body: Mapping[str, Any]) -> list[str]:
    members = body.get("members") or []
    lines = []
    if not any(member.get("labels") for member in members):  # one instance that is the whole rule
        return []
    for member in members[:MEMBERS]:
        state = f" ({member['state']})" if member.get("state") == "resolved" else ""
        lines.append(f"{_labels(member.get('labels'))}: {written(member.get('value'))}{state}")
    if len(members) > MEMBERS:
        lines.append(f"and {len(members) - MEMBERS} more")
    return lines


def _labels(labels: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) if labels else ""


def written(value: Any) -> str:
    """A value of a body as a person writes it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def span(ms: float) -> str:
    """``2 h 5 min`` of milliseconds: the two greatest units."""
    seconds = max(0, round(ms / 1000))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"
