"""Whether both sides of a copy hold the same: how many rows, and each of them, in whatever order they come.

Rows are told apart into so many groups by their key, and a group is the sum of its rows' hashes: memory stays flat
however many there are. Where sums differ, only the rows of such groups are looked at again, one by one, to name them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import blake2b
from typing import Any, Final

import msgspec

from app.storage.base import Event, Job
from app.storage.base_copying import KEYS, Key, Row
from app.storage.base_groups import ErrorGroup

_GROUPS: Final = 4_096
_NAMED: Final = 3
"""Rows of a part that are named."""
_LOOKED: Final = 16
"""Groups that are looked at again."""
_EVENT: Final = tuple(name for name in Event.__struct_fields__ if name not in {"body", "origin"})
_JOB: Final = tuple(each.name for each in fields(Job) if each.name not in {"origin", "news", "begun"})
_GROUP: Final = tuple(each.name for each in fields(ErrorGroup) if each.name not in {"new", "muted"})
_encode: Final = msgspec.msgpack.Encoder(enc_hook=int, order="deterministic").encode
"""A driver may have whole numbers of its own, which are no more than that."""

Told = tuple[Key, Sequence[Any]]
"""A row's key and all that is kept of it."""


class Sums:
    """What is known of one side of a part."""

    def __init__(self, part: str) -> None:
        self._tell = _TELL.get(part, _teller(KEYS.get(part, 2)))
        self.groups = [0] * _GROUPS
        self.count = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows."""
        for key, values in map(self._tell, rows):
            self.count += 1
            self.groups[_group_of(key)] += _hash(values)

    def unlike(self, other: "Sums") -> list[int]:
        """The groups in which the other side differs."""
        return [place for place in range(_GROUPS) if self.groups[place] != other.groups[place]]

    def among(self, groups: Sequence[int], rows: Iterable[Row]) -> dict[Key, int]:
        """Of the rows those of some groups, by their key."""
        wanted = set(groups)
        told = ((key, values) for key, values in map(self._tell, rows) if _group_of(key) in wanted)
        return {key: _hash(values) for key, values in told}


def differences(
    part: str, source: Sums, target: Sums, again: tuple[Callable[[], Iterator[Row]], Callable[[], Iterator[Row]]]
) -> list[str]:
    """In what both differ, in words, a sentence each; none when they are the same.

    Args:
        part: of which all rows have been added to both sums.
        source: the one.
        target: the other.
        again: read both once more.
    """
    groups = source.unlike(target)[:_LOOKED]
    if not groups and source.count == target.count:
        return []
    found = [f"{part}: {source.count:,} in the source, {target.count:,} in the target"]
    ours, theirs = (source.among(groups, read()) for read in again)
    named = [key for key in (*ours, *(key for key in theirs if key not in ours)) if ours.get(key) != theirs.get(key)]
    for key in named[:_NAMED]:
        side = "target" if key not in ours else "source" if key not in theirs else ""
        what = f"is in the {side} only" if side else "differs"
        found.append(f"{part} {' '.join(map(str, key))} {what}")
    return found


def _hash(values: Sequence[Any]) -> int:
    plain = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    return int.from_bytes(blake2b(_encode(plain), digest_size=16).digest())


def _group_of(key: Key) -> int:
    return int.from_bytes(blake2b(_encode(key), digest_size=2).digest()) % _GROUPS


def _teller(keys: int) -> Callable[[Sequence[Any]], Told]:
    return lambda row: (tuple(row[:keys]), row)


def _event(row: Event) -> Told:
    return (row.cursor,), [getattr(row, name) for name in _EVENT]


def _job(row: Job) -> Told:
    return (row.id,), [getattr(row, name) for name in _JOB]


def _group(row: ErrorGroup) -> Told:
    return (row.job_key, row.fingerprint), [getattr(row, name) for name in _GROUP]


_TELL: Final[Mapping[str, Callable[[Any], Told]]] = {"events": _event, "jobs": _job, "groups": _group}
