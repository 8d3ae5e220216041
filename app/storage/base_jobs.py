"""Jobs as a store keeps them, and which of them the lists, the API and the exports ask it for."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.storage.base_runs import Runs

Sign = Literal["=", "^", "<", "<=", ">", ">="]
"""How a field is held against values: is one of them, begins with one of them, or is less or more than the one."""

SIGNS: Final[tuple[Sign, ...]] = ("<=", ">=", "<", ">", "=")

Field = Literal[
    "id",
    "source",
    "query",
    "spider",
    "worker",
    "tag",
    "status",
    "text",
    "errors",
    "items",
    "attempt",
    "began",
    "pinned",
]


@dataclass(slots=True)
class Job:
    """A job as it stands after its events so far; times in ms since 1970 UTC.

    Attributes:
        key: the store's number for the job, 0 before it is stored.
        items: distinct stored item events plus summaries, of this attempt.
        items_reported: the scraper's own figure.
        totals: figures reported since the attempt's start (requests, bytes, proxies, ...), as last seen; `at`: when.
        first_cursor: where this attempt begins.
        pinned: whether its events are kept whatever their age.
        origin: the socket over which its last event came, "" for none; kept by no store.
        news: whether the commit that gives this record told something new of it; kept by no store.
        begun: how many attempts began in that commit; kept by no store.
    """

    id: str
    sender_id: int
    created_at: int
    key: int = 0
    source: str | None = None
    query: str | None = None
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    status: str = "running"
    attempt: int = 1
    done: float | None = None
    total: float | None = None
    unit: str | None = None
    items: int = 0
    items_reported: int | None = None
    errors: int = 0
    started_at: int | None = None
    finished_at: int | None = None
    duration: float | None = None
    last_event_at: int = 0
    worker: str | None = None
    reason: str | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    first_cursor: int = 0
    last_cursor: int = 0
    pinned: bool = False
    origin: str = ""
    news: bool = False
    begun: int = 0


@dataclass(slots=True, frozen=True)
class Condition:
    """Something that a job must be, or must not be if it is `negated`; what is not known is nothing.

    Attributes:
        field: `text` is id, source and query together, in any of which the value must occur; `began` is in ms;
            `pinned` has no value.
        sign: of texts `=` or `^`, of `text`, `spider`, `tag` and `status` always `=`.
        values: numbers as numbers.
    """

    field: Field
    sign: Sign
    values: tuple[str | float, ...]
    negated: bool = False


@dataclass(slots=True, frozen=True, kw_only=True)
class JobFilter:
    """Which jobs; None is any. `q` is looked for in id, source and query; times are of the start.

    `keys` are the store's numbers, and those that are wanted are greater than `after`; `conditions` are those of a
    search besides. All hold.
    """

    of: Runs | None = None
    keys: tuple[int, ...] = ()
    after: int | None = None
    statuses: tuple[str, ...] = ()
    source: str | None = None
    q: str | None = None
    tag: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    conditions: tuple[Condition, ...] = ()
