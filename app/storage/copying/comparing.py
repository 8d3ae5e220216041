"""Whether both sides of a copy hold the same: how many rows, and each of them, in whatever order they come.

Rows are told apart into so many groups by their key, and a group is the sum of its rows' hashes: memory stays flat
however many there are. Where sums differ, only the rows of such groups are looked at again, one by one, to name them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final
from zlib import crc32

import msgspec

from app.storage.base import Event, Job
from app.storage.base_copying import KEYS, Key, Row
from app.storage.base_groups import ErrorGroup

_GROUPS: Final = 4_096
_NAMED: Final = 3
"""Rows of a part that are named."""
_LOOKED: Final = 16
"""Groups that are looked at again."""
_of_event: Final = attrgetter(*(name for name in Event.__struct_fields__ if name not in {"body", "origin"}))
_of_job: Final = attrgetter(*(each.name for each in fields(Job) if each.name not in {"origin", "news", "begun"}))
_of_group: Final = attrgetter(*(each.name for each in fields(ErrorGroup) if each.name not in {"new", "muted"}))
_encode: Final = msgspec.msgpack.Encoder(enc_hook=int, order="deterministic").encode
"""A driver may have whole numbers of its own, which are no more than that."""

Told = tuple[Key, bytes]
"""A row's key, and all that is kept of it as bytes."""


class Sums:
    """What is known of one side of a part."""

    def __init__(self, part: str) -> None:
        self._tell = _TELL.get(part, _teller(KEYS.get(part, 2)))
        self.groups = [0] * _GROUPS
        self.count = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows."""
        for key, told in map(self._tell, rows):
            self.count += 1
            self.groups[_group_of(key)] += _hash(told)

    def unlike(self, other: "Sums") -> list[int]:
        """The groups in which the other side differs."""
        return [place for place in range(_GROUPS) if self.groups[place] != other.groups[place]]

    def among(self, groups: Sequence[int], rows: Iterable[Row]) -> dict[Key, int]:
        """Of the rows those of some groups, by their key."""
        wanted = set(groups)
        return {key: _hash(told) for key, told in map(self._tell, rows) if _group_of(key) in wanted}


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


def _hash(told: bytes) -> int:
    return int.from_bytes(blake2b(told, digest_size=16).digest())


def _group_of(key: Key) -> int:
    return crc32(_encode(key)) % _GROUPS


def _plain(values: Iterable[Any]) -> bytes:
    """As bytes; a number that is whole is the same whether it is kept as such or not."""
    return _encode([int(value) if isinstance(value, float) and value.is_integer() else value for value in values])


def _teller(keys: int) -> Callable[[Sequence[Any]], Told]:
    return lambda row: (tuple(row[:keys]), _plain(row))


def _event(row: Event) -> Told:
    return (row.cursor,), _encode(_of_event(row))


def _job(row: Job) -> Told:
    return (row.id,), _plain(_of_job(row))


def _group(row: ErrorGroup) -> Told:
    return (row.job_key, row.fingerprint), _plain(_of_group(row))


_TELL: Final[Mapping[str, Callable[[Any], Told]]] = {"events": _event, "jobs": _job, "groups": _group}
