"""What a panel is handed: itself, the house's parts, and from where somebody looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.dashboards.config import Panel
from app.services import Services
from app.storage.base_runs import Runs
from app.storage.base_series import DAY_MS, HOUR_MS

VARIABLES: Final = ("job", "source", "spider")
"""What a page may narrow all its panels to; a panel whose data don't know it is shown as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """From where somebody looks.

    Attributes:
        from_ms: where the page's span begins; None lets each panel have its own.
        to_ms: where it ends.
        is_live: whether it ends now.
        variables: of `VARIABLES`, those that are set.
        colours: of the dashboard, by the name of a series.
        with_marks: whether charts mark what happened meanwhile.
    """

    now_ms: int
    from_ms: int | None = None
    to_ms: int
    is_live: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    with_marks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One panel, looked at; called in real threads only."""

    panel: Panel
    view: View
    services: Services

    @property
    def runs(self) -> Runs | None:
        """The jobs that the page is narrowed to."""
        wanted = self.view.variables
        named = Runs(id=wanted.get("job"), source=wanted.get("source"), spider=wanted.get("spider"))
        return named if wanted else None

    @property
    def span(self) -> tuple[int, int]:
        """From when to when, in ms since 1970 UTC: the page's span, else the panel's own."""
        to_ms = self.view.to_ms
        own = self.panel.chart.range_ms if self.panel.chart else _range(self.panel.options)
        return (to_ms - own if self.view.from_ms is None else self.view.from_ms), to_ms


Content = Callable[[Look], dict[str, Any]]
"""What the panel's template is rendered with; `chart` in it is what the page's script draws."""


def _range(options: Mapping[str, Any]) -> int:
    """A panel that is no chart may have ``"timeRange"`` among its options."""
    given = options.get("timeRange")
    is_span = isinstance(given, int | float) and not isinstance(given, bool) and 1_000 <= given <= 366 * DAY_MS
    return round(given) if given is not None and is_span else HOUR_MS
