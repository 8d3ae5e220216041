"""What the house asks of the store of dashboards, which is always the one at DATABASE_URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(slots=True, frozen=True, kw_only=True)
class Dashboard:
    """A dashboard as it was given: nothing is added and nothing left out.

    Attributes:
        id: "" before it is stored; the store's number for one's own, the name of its file for one that came along.
        name: unique.
        config: its fields but for `id` and `name`: `layout` and `theme`, checked, and whatever else was sent.
        origin: `own`, `shipped`, or `file` for one of DASHBOARDS_DIR; only one's own can be changed.
        version: changes with every change, for compare-and-set.
    """

    name: str
    config: Mapping[str, Any]
    origin: str = "own"
    version: int = 1
    id: str = ""


class DashboardStore(Protocol):
    """People's own dashboards, and which one each of them begins with."""

    def dashboards(self) -> list[Dashboard]:
        """All of them, by name."""
        ...

    def dashboard(self, number: int) -> Dashboard | None:
        """One of them, or None."""
        ...

    def add(self, dashboard: Dashboard) -> Dashboard | None:
        """Store a new one; None when its name is taken."""
        ...

    def change(self, dashboard: Dashboard) -> Dashboard | None:
        """Write it if nobody has changed it since that version; None otherwise.

        Raises:
            app.core.errors.Conflict: its name is taken by another.
        """
        ...

    def delete(self, number: int) -> bool:
        """Forget one; False when there is none."""
        ...

    def home(self, user_id: int) -> str | None:
        """The id of the dashboard that the user begins with; None for the overview."""
        ...

    def set_home(self, user_id: int, dashboard_id: str | None) -> None:
        """Let the user begin with that dashboard, or with the overview again."""
        ...
