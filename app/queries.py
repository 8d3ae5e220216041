"""Query strings to what the stores are asked: one reading of `from`, `status`, `next` … for pages, API and export.

Every function takes the arguments as a plain mapping of text and raises `InvalidInput` naming the field.
"""

import re
from collections.abc import Mapping
from typing import Final

from werkzeug.routing import BaseConverter, IntegerConverter, PathConverter

from app.accounts.actions import ACTIONS, KINDS
from app.alerts.service import STATES as INCIDENT_STATES
from app.core.errors import InvalidInput, NotFound
from app.ingest.fields import RFC3339, read_time
from app.jobs.fold import STATUSES
from app.jobs.listing import FIRST, Place
from app.jobs.search import UNITS_MS, narrowed
from app.metrics import selector
from app.metrics.series import SeriesQuery
from app.storage.base import EventFilter, JobFilter
from app.storage.base_alerts import IncidentFilter
from app.storage.base_audit import AuditFilter
from app.storage.base_notices import STATES as NOTICE_STATES
from app.storage.base_notices import NoticeFilter
from app.storage.base_runs import Runs
from scrapewatch.events import EVENTS, LEVELS

MAX_LIMIT: Final = 1_000
_RELATIVE = re.compile(r"-(\d{1,6})([smhd])", re.ASCII)
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_MS = re.compile(r"\d{1,16}", re.ASCII)
_STEP = re.compile(r"(\d{1,13})([smhd]?)", re.ASCII)
_LIMIT = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_ID = re.compile(r"\d{1,10}", re.ASCII)
_NEXT = re.compile(r"b[0-9a-z]{1,13}", re.ASCII)
GREATEST: Final = 2**63 - 1
"""The greatest cursor, and the greatest key of a job, that a store takes."""
GREATEST_ID: Final = 2**31 - 1
"""The greatest id of anything else."""


def moment(value: str, now_ms: int, field: str) -> int:
    """A time as somebody asks for it, as ms since 1970 UTC.

    RFC 3339, also without seconds or without a zone, which is UTC; ms since 1970; ``now``; or a time ago like ``-15m``
    or ``-7d``.
    """
    if value == "now":
        return now_ms
    if ago := _RELATIVE.fullmatch(value):
        return now_ms - int(ago[1]) * UNITS_MS[ago[2]]
    if _MS.fullmatch(value):
        return read_time(int(value), field)
    if minute := _MINUTE.fullmatch(value):
        value = f"{minute[1]}:00{minute[2] or ''}"
    if not RFC3339.fullmatch(value):
        raise InvalidInput(
            "must be RFC 3339, like 2026-11-23T14:32Z, ms since 1970, a time ago like -24h, or now", field=field
        )
    return read_time(value, field)


def span(args: Mapping[str, str], now_ms: int) -> tuple[int | None, int | None]:
    """`from` and `to`, each None when not given."""
    begin, end = (moment(args[name], now_ms, name) if args.get(name) else None for name in ("from", "to"))
    if begin is not None and end is not None and begin > end:
        raise InvalidInput("must not be after to", field="from")
    return begin, end


def event_filter(args: Mapping[str, str], now_ms: int, job_id: str | None = None) -> EventFilter:
    """`job`, `source`, `type` (several by comma), `level` (errors and logs of it or above), `q`, `from`, `to`."""
    begin, end = span(args, now_ms)
    level = args.get("level")
    source = _text(args, "source")
    return EventFilter(
        of=Runs(source=source) if source is not None else None,
        job_id=job_id if job_id is not None else _text(args, "job"),
        types=_words(args, "type", EVENTS),
        min_level=LEVELS.index(_one_of(level, "level", LEVELS)) if level else None,
        q=_text(args, "q"),
        from_ms=begin,
        to_ms=end,
    )


def job_filter(args: Mapping[str, str], now_ms: int) -> JobFilter:
    """`status` (several by comma), `source`, `q` (a search: see `app.jobs.search`), `tag`, `from`, `to`, `keys`."""
    begin, end = span(args, now_ms)
    wanted = JobFilter(
        statuses=_words(args, "status", STATUSES),
        source=_text(args, "source"),
        tag=_text(args, "tag"),
        from_ms=begin,
        to_ms=end,
        keys=numbers(args, "keys", MAX_LIMIT),
    )
    search = _text(args, "q")
    if search is None:
        return wanted
    return narrowed(wanted, search, tuple(STATUSES), now_ms, lambda value, field: moment(value, now_ms, field))


def incident_filter(args: Mapping[str, str]) -> IncidentFilter:
    """`state` (several by comma)."""
    return IncidentFilter(states=_words(args, "state", INCIDENT_STATES))


def notice_filter(args: Mapping[str, str]) -> NoticeFilter:
    """`incident`, `state` (several by comma), `channel`."""
    incident = args.get("incident", "")
    if incident and not (_ID.fullmatch(incident) and int(incident) <= GREATEST_ID):
        raise InvalidInput("must be the number of an incident", field="incident")
    return NoticeFilter(
        incident_id=int(incident) if incident else None,
        states=_words(args, "state", NOTICE_STATES),
        channel=_text(args, "channel") or "",
    )


def audit_filter(args: Mapping[str, str], now_ms: int) -> AuditFilter:
    """`who` (a name, whole), `action` (several by comma), `kind`, `id` (of what it was done to), `q`, `from`, `to`."""
    begin, end = span(args, now_ms)
    return AuditFilter(
        actor=_text(args, "who"),
        actions=_words(args, "action", ACTIONS),
        kind=_one_of(args["kind"], "kind", KINDS) if args.get("kind") else None,
        object_id=_text(args, "id"),
        from_ms=begin,
        to_ms=end,
        q=_text(args, "q"),
    )


def series_query(args: Mapping[str, str], now_ms: int) -> SeriesQuery:
    """`name`, `job`, `source`, `from` (an hour before), `to` (now), `step`, `agg`, `by`.

    `name` is a metric's or a selector with braces, `step` is in ms or like ``5m``, `by` a list of labels by comma.
    """
    begin, end = span(args, now_ms)
    end = now_ms if end is None else end
    name = _text(args, "name") or ""
    if not name:
        raise InvalidInput("is required", field="name")
    meant = selector.parse(name, "name") if "{" in name else selector.Selector(name, {})
    labels = {label: value for label in ("job", "source") if (value := _text(args, label)) is not None}
    return SeriesQuery(
        name=meant.name,
        where={**meant.where, **labels},
        from_ms=end - UNITS_MS["h"] if begin is None else begin,
        to_ms=end,
        step_ms=_step(args),
        agg=args.get("agg") or None,
        by=tuple(dict.fromkeys(label for label in (_text(args, "by") or "").split(",") if label)),
    )


def _step(args: Mapping[str, str]) -> int | None:
    value = args.get("step")
    if not value:
        return None
    found = _STEP.fullmatch(value)
    if found is None:
        raise InvalidInput("must be in ms, or like 30s, 5m or 1h", field="step")
    return int(found[1]) * UNITS_MS.get(found[2], 1)


def limit(args: Mapping[str, str], default: int = 100) -> int:
    """`limit`, from 1 to 1000."""
    value = args.get("limit") or str(default)
    if not _LIMIT.fullmatch(value) or int(value) > MAX_LIMIT:
        raise InvalidInput("must be a whole number from 1 to %(most)s", most=MAX_LIMIT, field="limit")
    return int(value)


def truth(args: Mapping[str, str], name: str) -> bool:
    """``true`` or ``false``; false where it is left out."""
    return _one_of(args.get(name) or "false", name, ("false", "true")) == "true"


def numbers(args: Mapping[str, str], name: str, most: int) -> tuple[int, ...]:
    """At most so many of a store's numbers, by comma."""
    words = [word for word in args.get(name, "").split(",") if word]
    if len(words) > most or not all(_MS.fullmatch(word) for word in words):
        raise InvalidInput("must be at most %(most)s numbers", most=most, field=name)
    return tuple(map(int, words))


def before(args: Mapping[str, str], greatest: int = GREATEST) -> int | None:
    """`next` as `next_page` made it: go on below this number, which is at most the `greatest` of such a list."""
    value = args.get("next")
    if not value:
        return None
    if not _NEXT.fullmatch(value) or int(value[1:], 36) > greatest:
        raise InvalidInput("is not a value that a list has returned", field="next")
    return int(value[1:], 36)


def place(args: Mapping[str, str]) -> Place:
    """`next` of a list of jobs, as `next_place` made it."""
    value = args.get("next") or ""
    if value.startswith("o"):
        return Place(over=False, before=before({"next": "b" + value[1:]}))
    return Place(over=True, before=before(args)) if value else FIRST


def next_place(found: Place | None) -> str | None:
    """The opaque `next` of a list of jobs that goes on there."""
    return None if found is None or found.before is None else f"{'b' if found.over else 'o'}{_base36(found.before)}"


class NumberConverter(IntegerConverter):
    """An id of a store in an address; one that is greater than any is 0, which nothing has.

    Where a converter refuses a value, werkzeug may answer that the address knows other methods, and it knows none.
    """

    def to_python(self, value: str) -> int:
        """See werkzeug."""
        number = int(value) if len(value) <= len(str(GREATEST_ID)) else 0
        return number if number <= GREATEST_ID else 0


class ChannelIdConverter(BaseConverter):
    """A channel's id in an address; the word of an address of its own is none."""

    regex = "(?!preview$)[^/]+"


class JobIdConverter(PathConverter):
    """A job's id in an address: slashes are part of it, doubled and leading ones too."""

    regex = ".+?(?<!/events)"  # no id ends so
    part_isolating = False


def path_id(value: str) -> str:
    """An id out of a path, fit to be looked up.

    Raises:
        NotFound: it holds NUL, which no store takes, so nothing is called so.
    """
    if "\x00" in value:
        raise NotFound("There is no %(value)r.", value=value)
    return value


def next_page(numbers: list[int], wanted: int) -> str | None:
    """The opaque `next` of a list whose rows carry these falling numbers; None after the last page."""
    return onward(numbers[-1]) if len(numbers) == wanted else None


def onward(number: int | None) -> str | None:
    """The opaque `next` of a list that goes on below this number; None for one that does not."""
    return None if number is None else f"b{_base36(number)}"


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits


def _text(args: Mapping[str, str], name: str) -> str | None:
    value = args.get(name) or None
    if value is not None and ("\x00" in value or len(value) > 1_000):
        raise InvalidInput("must be a text of at most 1000 characters", field=name)
    return value


def _words(args: Mapping[str, str], name: str, known: "Mapping[str, object] | tuple[str, ...]") -> tuple[str, ...]:
    return tuple(_one_of(word, name, known) for word in (args.get(name) or "").split(",") if word)


def _one_of(word: str, name: str, known: "Mapping[str, object] | tuple[str, ...]") -> str:
    if word not in known:
        raise InvalidInput("must be one of %(known)s", known=", ".join(known), field=name)
    return word
