"""Which jobs: what the lists, the API and the exports ask a store for."""

from dataclasses import dataclass
from typing import Final, Literal

from app.storage.base_runs import Runs

Sign = Literal["=", "^", "<", "<=", ">", ">="]
"""How a field is held against values: is one of them, begins with one of them, or is less or more than the one."""

SIGNS: Final[tuple[Sign, ...]] = ("<=", ">=", "<", ">", "=")

Field = Literal[
    "id", "source", "query", "spider", "worker", "tag", "status", "text", "errors", "items", "attempt", "began"
]


@dataclass(slots=True, frozen=True)
class Condition:
    """Something that a job must be, or must not be if it is `negated`; what is not known is nothing.

    Attributes:
        field: `text` is id, source and query together, in any of which the value must occur; `began` is in ms.
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
