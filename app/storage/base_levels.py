"""Which events are meant where somebody has named levels: those that bear one, and those whose type stands for one."""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True, kw_only=True)
class Levels:
    """Events of certain levels.

    Attributes:
        numbers: indexes into `scrapewatch.events.LEVELS`, of events that bear a level.
        types: those of the events without a level that are meant, too.
        severities: of alerts, which tell in their body how severe they are.
    """

    numbers: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
