"""All rows of a part of a Redis, page after page, while nobody writes there.

What is in hashes under names of its own is found through the sorted set that names it; mutes, which are few, by going
through all keys.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from app.storage.base import Event
from app.storage.base_copying import Key, Page, Row
from app.storage.base_series import STEPS_MS
from app.storage.redis.buckets import CHUNK, Place, hash_of, series_of, times_of, unpacked
from app.storage.redis.groups import group_of
from app.storage.redis.keys import AGED, STREAM, groups_of
from app.storage.redis.points import NAMES, dated
from app.storage.redis.records import event_of
from app.storage.redis.server import AT_ONCE, Server, translated

_HASHES: Final = 100
"""Hashes of buckets that are read at once, of up to 360 each."""
_SCAN: Final = 1_000
_MUTES: Final = "mutes:spider:"
_list: Final = msgspec.msgpack.Decoder(list[Any]).decode


def held(server: Server, part: str) -> int:
    """How many rows there are of groups, mutes, series or buckets."""
    if part == "groups":
        (number,) = server.ask(("ZCARD", AGED))
        return int(number)
    if part == "mutes":
        return len(_mutes(server))
    if part == "series":
        names = _names(server)
        return sum(server.ask(*(("ZCARD", dated(name)) for name in names))) if names else 0
    hashes = map(hash_of, _filled(server))
    found = 0
    while some := list(islice(hashes, AT_ONCE)):
        found += sum(server.ask(*(("HLEN", name) for name in some)))
    return found


def page(server: Server, part: str, after: Key | None, limit: int) -> Page:
    """See `Transfer.dump`."""
    if part == "groups":
        return _groups(server, int(after[0]) if after else 0, limit)
    if part == "mutes":
        return Page(_mutes(server), None)
    if part == "series":
        return _series(server, after, limit)
    return _buckets(server, after)


def forget(server: Server, pattern: str) -> None:
    """Delete every key whose name, without the prefix, is like that."""
    for some in _scanned(server, pattern):
        server.ask(*(("UNLINK", name) for name in some))


def events(server: Server, after: int, limit: int) -> list[Event]:
    """Those that lie there from one cursor, not included, onwards, whatever has become of their jobs."""
    (told,) = server.ask(("XRANGE", STREAM, after + 1, "+", "COUNT", limit))
    return [event_of(int(cursor.partition(b"-")[0]), fields[b"e"]) for cursor, fields in told]


def those(server: Server, cursors: Sequence[int]) -> list[Event]:
    """The events of these cursors that are there."""
    told = server.ask(*(("XRANGE", STREAM, cursor, cursor) for cursor in cursors))
    return [event_of(cursor, some[0][1][b"e"]) for cursor, some in zip(cursors, told, strict=True) if some]


def _groups(server: Server, begin: int, limit: int) -> Page:
    (names,) = server.ask(("ZRANGE", AGED, begin, begin + limit - 1))
    keys = [name.decode().split(" ", 1) for name in names]
    told = server.ask(*(("HGET", groups_of(int(key)), fingerprint) for key, fingerprint in keys)) if keys else []
    return Page([group_of(group) for group in told if group], (begin + limit,) if len(names) == limit else None)


def _mutes(server: Server) -> list[Row]:
    found: list[Row] = []
    for names in _scanned(server, f"{_MUTES}*"):
        for name, told in zip(names, server.ask(*(("HGETALL", name) for name in names)), strict=True):
            source, query = msgspec.json.decode(name.removeprefix(_MUTES))
            found += [(source, query, print_.decode(), *_list(mute)) for print_, mute in told.items()]
    return sorted(found)


def _series(server: Server, after: Key | None, limit: int) -> Page:
    """One name's series at a time, by rank: their hours do not change meanwhile."""
    name, begin = after or ("", 0)
    for each in _names(server):
        if each < name:
            continue
        start = begin if each == name else 0
        (told,) = server.ask(("ZRANGE", dated(each), start, start + limit - 1, "WITHSCORES"))
        rows = [(each, labels.decode(), int(hour)) for labels, hour in zip(told[::2], told[1::2], strict=True)]
        if rows:
            return Page(rows, (each, start + len(rows)))
    return Page([], None)


def _buckets(server: Server, after: Key | None) -> Page:
    some = list(islice(_filled(server, after), _HASHES))
    told = server.ask(*(("HGETALL", hash_of(place)) for place in some)) if some else []
    rows = [
        (place.series, place.step_ms, place.at_ms + int(slot) * place.step_ms, *unpacked(bucket))
        for place, slots in zip(some, told, strict=True)
        for slot, bucket in slots.items()
    ]
    last = some[-1] if some else None
    return Page(rows, None if last is None else (last.step_ms, last.at_ms, last.series))


def _filled(server: Server, after: Key | None = None) -> Iterator[Place]:
    """The beginnings of the hashes of buckets, by step, time and series, from one (not included) onwards."""
    for step_ms in sorted(STEPS_MS):
        if after is not None and step_ms < after[0]:
            continue
        for chunk in _chunks(server, step_ms, after[1] if after is not None and step_ms == after[0] else 0):
            (numbers,) = server.ask(("SMEMBERS", series_of(step_ms, chunk)))
            for series in sorted(map(int, numbers)):
                if after is None or (step_ms, chunk, series) > tuple(after):
                    yield Place(series, step_ms, chunk)


def _chunks(server: Server, step_ms: int, first: int) -> Iterator[int]:
    """The chunks of a step that have buckets, from one onwards; one by one, as there may be very many times."""
    size = CHUNK * step_ms
    while True:
        (times,) = server.ask(("ZRANGEBYSCORE", times_of(step_ms), first, "+inf", "LIMIT", 0, 1))
        if not times:
            return
        chunk = int(times[0]) - int(times[0]) % size
        yield chunk
        first = chunk + size


def _names(server: Server) -> list[str]:
    (names,) = server.ask(("SMEMBERS", NAMES))
    return sorted(name.decode() for name in names)


def _scanned(server: Server, pattern: str) -> Iterator[list[str]]:
    """The names without the prefix of all keys like that."""
    whole = re.sub(r"([*?\[\]\\])", r"\\\1", server.prefix) + pattern
    place = 0
    while True:
        with translated():
            place, names = server.client.scan(place, match=whole, count=_SCAN)
        if names:
            yield sorted({name.decode().removeprefix(server.prefix) for name in names})
        if not place:
            return
