"""How groups grow by what is seen of them: the arithmetic that all stores of groups share."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.storage.base_groups import MOST_GROUPS, OTHERS, Course, ErrorGroup, Sighting
from scrapewatch.events import MAX_SAFE_INTEGER

Key = tuple[int, str]
"""A group's: its job's and its fingerprint."""


def key_of(sighting: Sighting) -> Key:
    """The group that it belongs to, if that has room."""
    return sighting.job_key, sighting.fingerprint


def grown(
    held: Mapping[Key, ErrorGroup], sizes: Mapping[int, int], sightings: Iterable[Sighting]
) -> dict[Key, ErrorGroup]:
    """The groups that change, as they are afterwards.

    Args:
        held: those of the sightings as they are, and the `OTHERS` of their jobs.
        sizes: how many groups each of their jobs has; 0 where there is nothing said.
        sightings: what was seen, oldest first.
    """
    changed: dict[Key, ErrorGroup] = {}
    room = {job_key: MOST_GROUPS - size for job_key, size in sizes.items()}
    for seen in sightings:
        key = key_of(seen)
        if key not in changed and key not in held:
            left = room.get(seen.job_key, MOST_GROUPS)
            key = key if left > 0 else (seen.job_key, OTHERS)
            room[seen.job_key] = left - 1
        group = changed.get(key) or held.get(key)
        changed[key] = _more(group, seen) if group else _begun(seen, key[1])
    return changed


def _begun(seen: Sighting, fingerprint: str) -> ErrorGroup:
    is_other = fingerprint != seen.fingerprint
    return ErrorGroup(
        job_key=seen.job_key,
        fingerprint=fingerprint,
        kind="" if is_other else seen.kind,
        place="" if is_other else seen.place,
        url_template="" if is_other else seen.url_template,
        title="" if is_other else seen.title,
        first_ms=seen.at_ms,
        last_ms=seen.at_ms,
        count=seen.count,
        sample=seen.cursor,
        course=Course.of(seen.at_ms, seen.count),
    )


def _more(group: ErrorGroup, seen: Sighting) -> ErrorGroup:
    return replace(
        group,
        first_ms=min(group.first_ms, seen.at_ms),
        last_ms=max(group.last_ms, seen.at_ms),
        count=min(group.count + seen.count, MAX_SAFE_INTEGER),
        sample=seen.cursor,
        course=group.course.joined(Course.of(seen.at_ms, seen.count)),
    )
