"""What the engine asks of the world, and of what operators have laid over the alerts."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Protocol

from app.alerts.rules import Rule
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import Labels

Mute = Callable[[Rule, Sequence[Instance]], str]
"""Why an incident of those instances is to be kept quiet; "" if it is not."""


class View(Protocol):
    """The world at one moment."""

    @property
    def cursor(self) -> int:
        """The last event that it knows of."""
        ...

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of errors that are to be remembered."""
        ...

    def figures(self, rule: Rule) -> Mapping[Labels, float]:
        """The figure of each instance that has one."""
        ...

    def otherwise(self, rule: Rule) -> float | None:
        """The figure of an instance that has none: nothing is known of it, or all is well."""
        ...

    def is_over(self, rule: Rule, labels: Labels) -> bool:
        """Whether what these labels stand for has ended, and with it whatever fires there."""
        ...


class World(Protocol):
    """What rules are held against."""

    def look(self, rules: Sequence[Rule], after: int | None, now_ms: int) -> View:
        """The world now; of events those after that cursor, or none if it is None."""
        ...


class Overlay(Protocol):
    """What operators have laid over the alerts."""

    def read(
        self, rules: Sequence[Rule], standing: Sequence[Incident], firing: Sequence[Instance], now_ms: int
    ) -> Mute:
        """What is kept quiet now, of these incidents and instances."""
        ...

    def insisting(self) -> Set[str]:
        """The names of channels for which an end is written though the rule does not tell it."""
        ...

    def ended(self, incidents: Set[int], now_ms: int) -> None:
        """These incidents are over."""
        ...
