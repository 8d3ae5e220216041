"""Whether an event of a store in memory is of the levels that somebody has named."""

from app.storage.base import Event
from app.storage.base_levels import Levels
from app.storage.memory_counts import severity


def is_of(event: Event, levels: Levels) -> bool:
    """Whether it is."""
    if event.level is not None:
        return event.level in levels.numbers
    return event.type in levels.types or (severity(event) or "").lower() in levels.severities
