"""One Redis as the source or the target of a copy; see `app.storage.base_copying`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

import msgspec

from app.storage.base import Event, Job
from app.storage.base_copying import ALL, Key, Mark, Numbers, Page, Row
from app.storage.base_groups import ErrorGroup, Mute
from app.storage.redis import append, transfer_dump
from app.storage.redis.buckets import Place, write
from app.storage.redis.groups import group_bytes
from app.storage.redis.keys import AGED, HEAD, JOBS, STREAM, TALLIES, groups_of, mutes_of, seen
from app.storage.redis.points import named
from app.storage.redis.removal import remove
from app.storage.redis.server import AT_ONCE, Changes, Command, Head, Server

_FIELD: Final = "copy"
"""Of the head: the mark of a copy into this store."""

_PATTERNS: Final[Mapping[str, Sequence[str]]] = {
    "jobs": ("jobs", "keys", "order", "statuses", "pinned", "status:*", "source:*", "spider:*"),
    "tallies": ("tallies",),
    "groups": ("aged", "groups:*", "seen:*"),
    "mutes": ("mutes:*",),
    "series": ("names", "series:*", "labels:*"),
    "buckets": ("b:*", "c:*", "t:*"),
}
"""The keys of each part but of events."""


class RedisTransfer:
    """See `Transfer`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def version(self) -> str:
        """See `Transfer`: each transaction leaves a mark of its own."""
        return self._server.head().turn

    def held(self, part: str) -> int:
        """See `Transfer`."""
        if part in {"events", "jobs", "tallies"}:
            counted = {"events": ("XLEN", STREAM), "jobs": ("HLEN", JOBS), "tallies": ("HLEN", TALLIES)}
            (number,) = self._server.ask(counted[part])
            return int(number)
        return transfer_dump.held(self._server, part)

    def given(self) -> Mapping[str, int]:
        """See `Transfer`."""
        return {"jobs": self._server.head().job}

    def dump(self, part: str, after: Key | None, limit: int) -> Page:
        """See `Transfer`."""
        return transfer_dump.page(self._server, part, after, limit)

    def prepare(self) -> None:
        """See `Transfer`; there is nothing to make."""

    def mark(self) -> Mark | None:
        """See `Transfer`."""
        (told,) = self._server.ask(("HGET", HEAD, _FIELD))
        return Mark.read(told) if told else None

    def write(self, mark: Mark) -> None:
        """See `Transfer`."""
        self._write(Changes(), mark)

    def load(self, part: str, rows: Sequence[Row], mark: Mark) -> None:
        """See `Transfer`."""
        changes = Changes()
        if part == "events":
            changes.events = append.puts(rows)
            changes.head(cursor=mark.cursor)
        changes.commands += _COMMANDS[part](rows)
        self._write(changes, mark)

    def _write(self, changes: Changes, mark: Mark) -> None:
        changes.commands.append(("HSET", HEAD, _FIELD, mark.told()))

        def work(_: Head) -> tuple[None, Changes]:
            return None, changes

        self._server.transact(work)

    def clear(self, part: str) -> None:
        """See `Transfer`."""
        for pattern in ("*",) if part == ALL else _PATTERNS[part]:
            transfer_dump.forget(self._server, pattern)

    def cursors(self, after: int, limit: int) -> Sequence[int]:
        """See `Transfer`."""
        return [event.cursor for event in transfer_dump.events(self._server, after, limit)]

    def drop(self, cursors: Sequence[int]) -> None:
        """See `Transfer`."""
        for start in range(0, len(cursors), AT_ONCE):
            some = transfer_dump.those(self._server, cursors[start : start + AT_ONCE])
            if some:
                remove(self._server, some, ())

    def finish(self, numbers: Numbers) -> None:
        """See `Transfer`."""
        changes = Changes()
        changes.head(
            cursor=numbers.cursor,
            job=numbers.given.get("jobs", 0),
            removed=numbers.removed,
            grouped=numbers.grouped,
        )
        self._server.transact(lambda _: (None, changes))


def _jobs(rows: Iterable[Job]) -> Iterator[Command]:
    for job in rows:
        yield from append.job_commands(job, None)


def _tallies(rows: Iterable[tuple[int, str, str, int]]) -> Iterator[Command]:
    for sender_id, outcome, code, count in rows:
        yield "HSET", TALLIES, f"{sender_id} {outcome} {code}", count


def _groups(rows: Iterable[ErrorGroup]) -> Iterator[Command]:
    for group in rows:
        yield "HSET", groups_of(group.job_key), group.fingerprint, group_bytes(group)
        yield "ZADD", AGED, group.last_ms, f"{group.job_key} {group.fingerprint}"
        yield "ZADD", seen(group.fingerprint), group.job_key, group.job_key


def _mutes(rows: Iterable[tuple[str, str, str, str, int]]) -> Iterator[Command]:
    for source, query, fingerprint, by, at_ms in rows:
        told = msgspec.msgpack.encode(astuple(Mute(by, at_ms)))
        yield "HSET", mutes_of((source, query)), fingerprint, told


def _series(rows: Iterable[tuple[str, str, int]]) -> Iterator[Command]:
    hours: dict[str, dict[str, int]] = {}
    for name, labels, last_ms in rows:
        hours.setdefault(name, {})[labels] = last_ms
    for name, labelled in hours.items():
        yield from named(name, labelled)


def _buckets(rows: Iterable[tuple[Any, ...]]) -> Iterator[Command]:
    yield from write({Place(*row[:3]): (row[3], row[4], row[5], row[6], row[7]) for row in rows}, ())


def _seqs(rows: Iterable[Event]) -> Iterator[Command]:
    return append.seq_commands(rows)


_COMMANDS: Final[Mapping[str, Callable[[Sequence[Any]], Iterator[Command]]]] = {
    "events": _seqs,
    "jobs": _jobs,
    "tallies": _tallies,
    "groups": _groups,
    "mutes": _mutes,
    "series": _series,
    "buckets": _buckets,
}
