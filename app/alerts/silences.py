"""Silences: when nobody is to be told of what, and why.

A silence looks like this; `reason` and one matcher are required::

    {"matchers": [{"name": "rule" | "severity" | label, "operator": "=" | "!=" | "~", "value": str}, …],
     "reason": str, "from": time = now, "to": time | null,
     "weekly": {"days": ["mon", …], "from": "22:00", "to": "06:00", "timezone": "Europe/Paris"},
     "incident": id}

All matchers must match; ``~`` takes ``*`` and ``?`` as wildcards. With `weekly` it comes again every week between those
times, from the day named into the next where it ends earlier than it begins. One of an `incident` ends with it.
An incident is silent where each of its instances that fire is.
"""

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.alerts.conditions import a_zone
from app.alerts.rules import MAX_NAME, Rule
from app.core.clock import rfc3339, rfc3339_or_none
from app.core.errors import InvalidInput
from app.core.shape import a_choice, a_list, a_name, a_text, a_whole, an_object, below
from app.storage.base_alerts import Instance
from app.storage.base_silences import SilenceRow

OPERATORS: Final = ("=", "!=", "~")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_MATCHERS: Final = 20
MAX_REASON: Final = 1_000
MAX_AHEAD_MS: Final = 100 * 366 * 86_400_000
_GREATEST_ID: Final = 2**31 - 1
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_FIELDS: Final = frozenset({"matchers", "reason", "from", "to", "weekly", "incident"})
_MATCHER: Final = frozenset({"name", "operator", "value"})
_WEEKLY: Final = frozenset({"days", "from", "to", "timezone"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a rule's name, its severity or a label must be."""

    name: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels are so."""
        found = labels.get(self.name, "")
        if self.operator == "~":
            return fnmatch.fnmatchcase(found, self.value)
        return (found == self.value) == (self.operator == "=")


@dataclass(frozen=True, slots=True)
class Weekly:
    """Hours that come again every week; minutes since midnight."""

    days: tuple[int, ...]
    begins: int
    ends: int
    timezone: str

    def is_on(self, now_ms: int) -> bool:
        """Whether it is one of those hours, by the clock on the wall there."""
        there = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(self.timezone))
        minute, today = there.hour * 60 + there.minute, there.weekday()
        if self.begins < self.ends:
            return today in self.days and self.begins <= minute < self.ends
        yesterday = (there - timedelta(days=1)).weekday()
        return (today in self.days and minute >= self.begins) or (yesterday in self.days and minute < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence; the module says what its fields are."""

    matchers: tuple[Matcher, ...]
    reason: str
    from_ms: int
    to_ms: int | None
    weekly: Weekly | None
    incident: int | None
    id: int = 0

    def is_on(self, now_ms: int) -> bool:
        """Whether it keeps things quiet now."""
        if now_ms < self.from_ms or (self.to_ms is not None and now_ms >= self.to_ms):
            return False
        return self.weekly is None or self.weekly.is_on(now_ms)

    def matches(self, rule: Rule, one: Instance) -> bool:
        """Whether it is about that instance."""
        labels = labels_of(rule, one)
        return all(matcher.matches(labels) for matcher in self.matchers)


def labels_of(rule: Rule, one: Instance) -> dict[str, str]:
    """What matchers look at."""
    return {**rule.labels, **dict(one.labels), "rule": rule.name, "severity": rule.severity}


def parse(config: object, now_ms: int) -> tuple[Silence, dict[str, Any]]:
    """The silence that `config` describes, and its fields as they are to be stored, with times in ms.

    Raises:
        InvalidInput: naming the field.
    """
    given = _known(config, "", _FIELDS)
    matchers = a_list(given.get("matchers"), "matchers", MAX_MATCHERS)
    if not matchers:
        raise InvalidInput("must hold at least one", field="matchers")
    from_ms = now_ms if given.get("from") is None else _time(given["from"], "from", now_ms)
    to_ms = None if given.get("to") is None else _time(given["to"], "to", now_ms)
    if to_ms is not None and to_ms <= from_ms:
        raise InvalidInput("must be after from", field="to")
    incident = None if given.get("incident") is None else a_whole(given["incident"], "incident", 1, _GREATEST_ID)
    weekly = None if given.get("weekly") is None else _weekly(given["weekly"])
    if to_ms is None and weekly is None and incident is None:
        raise InvalidInput("must say when it ends, unless it is weekly or of an incident", field="to")
    found = Silence(
        matchers=tuple(_matcher(one, f"matchers.{place}") for place, one in enumerate(matchers)),
        reason=a_text(given.get("reason"), "reason", MAX_REASON, 1),
        from_ms=from_ms,
        to_ms=to_ms,
        weekly=weekly,
        incident=incident,
    )
    return found, {**given, "from": from_ms, "to": to_ms}


def stored(row: SilenceRow) -> Silence:
    """The silence of a stored configuration."""
    found, _ = parse(row.config, row.created_at)
    to_ms = found.to_ms if row.ended_at is None else row.ended_at
    return replace(found, to_ms=to_ms, id=row.id)


def silence_json(row: SilenceRow, now_ms: int) -> dict[str, Any]:
    """The silence as outsiders see it: as it was given, with times in words, and whether it is on now."""
    found = stored(row)
    return {
        **row.config,
        "from": rfc3339(found.from_ms),
        "to": rfc3339_or_none(found.to_ms),
        "id": row.id,
        "version": row.version,
        "createdBy": row.created_by,
        "createdAt": rfc3339(row.created_at),
        "active": found.is_on(now_ms),
        "ended": found.to_ms is not None and found.to_ms <= now_ms,
    }


def covering(silences: Iterable[Silence], rule: Rule, members: Iterable[Instance]) -> Silence | None:
    """A silence that keeps an incident of these instances quiet: every one of them is silenced by some."""
    found = None
    for one in members:
        found = next((silence for silence in silences if silence.matches(rule, one)), None)
        if found is None:
            return None
    return found


def _matcher(value: object, path: str) -> Matcher:
    given = _known(value, path, _MATCHER)
    return Matcher(
        a_name(given.get("name"), below(path, "name"), MAX_NAME),
        a_choice(given.get("operator", "="), below(path, "operator"), OPERATORS),
        a_text(given.get("value"), below(path, "value"), MAX_NAME),
    )


def _weekly(value: object) -> Weekly:
    given = _known(value, "weekly", _WEEKLY)
    days = a_list(given.get("days"), "weekly.days", len(DAYS))
    if not days:
        raise InvalidInput("must hold at least one", field="weekly.days")
    begins, ends = _minute(given.get("from"), "weekly.from"), _minute(given.get("to"), "weekly.to")
    return Weekly(
        tuple(DAYS.index(a_choice(day, f"weekly.days.{place}", DAYS)) for place, day in enumerate(days)),
        begins,
        ends,
        a_zone(given.get("timezone", "UTC"), "weekly.timezone"),
    )


def _minute(value: object, path: str) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput("must be a time of day such as 22:00", field=path)
    return int(found[1]) * 60 + int(found[2])


def _time(value: object, path: str, now_ms: int) -> int:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput("must be a time such as 2026-11-28T10:00:00Z, or ms", field=path) from None
        value = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    return a_whole(value, path, 0, now_ms + MAX_AHEAD_MS)


def _known(value: object, path: str, known: frozenset[str]) -> dict[str, Any]:
    given = an_object(value, path)
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise InvalidInput("is no such field", field=below(path, unknown[0]))
    return dict(given)
