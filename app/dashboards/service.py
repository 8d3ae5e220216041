"""Dashboards, as the rest of the house sees them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from app.core.errors import Conflict, NotFound
from app.core.shape import a_name
from app.dashboards.checks import check
from app.dashboards.config import LONGEST_NAME, parse
from app.dashboards.files import without_names
from app.queries import GREATEST_ID
from app.storage.base_dashboards import Dashboard, DashboardStore

UNNAMED: Final = "Dashboard"
"""What one is called that was given without a name; a number follows where it is taken."""

_TRIES: Final = 20
"""Each of which somebody else was quicker at."""


class Dashboards:
    """One's own ones and those that came along.

    Args:
        provided: read from files; see `app.dashboards.files`.
        names: gives the names of the metrics that users have sent.
    """

    def __init__(
        self, store: DashboardStore, provided: Sequence[Dashboard], names: Callable[[], Collection[str]]
    ) -> None:
        self._store = store
        self._provided = {one.id: one for one in provided}
        self._names = names

    def all(self) -> list[Dashboard]:
        """One's own first, each kind by name."""
        return [*self._store.dashboards(), *sorted(self._provided.values(), key=lambda one: one.name)]

    def get(self, dashboard_id: str) -> Dashboard:
        """One dashboard.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._provided.get(dashboard_id) or self._own(dashboard_id)
        if found is None:
            raise NotFound("There is no dashboard %(dashboard_id)r.", dashboard_id=dashboard_id)
        return found

    def create(self, config: Mapping[str, Any]) -> Dashboard:
        """Store what was sent, under a new id.

        Raises:
            InvalidInput: a field can't be used.
            Conflict: its name is taken.
        """
        check(parse(config), self._names)
        if "name" in config:
            return self._add(a_name(config["name"], "name", LONGEST_NAME), config)
        return self._add_free(UNNAMED, config)

    def change(self, dashboard_id: str, config: Mapping[str, Any], version: int | None = None) -> Dashboard:
        """Put what was sent in its place; without a name it keeps the one it has.

        `version` is the one that was looked at, if whoever changes it has said so.

        Raises:
            InvalidInput: a field can't be used.
            NotFound: there is none of that id.
            Conflict: it came along, its name is taken, or it has changed meanwhile.
        """
        wanted = self.draft(dashboard_id, config)
        changed = None if version not in {None, wanted.version} else self._store.change(wanted)
        if changed is None:
            raise Conflict("Dashboard %(name)r has changed meanwhile; look again", name=wanted.name, field="If-Match")
        return changed

    def draft(self, dashboard_id: str, config: Mapping[str, Any]) -> Dashboard:
        """What `change` would put in its place, checked as there; nothing is stored.

        Raises:
            InvalidInput: a field can't be used.
            NotFound: there is none of that id.
            Conflict: it came along, or its name is taken.
        """
        check(parse(config), self._names)
        found = self._mine(dashboard_id)
        name = a_name(config["name"], "name", LONGEST_NAME) if "name" in config else found.name
        if name != found.name:
            self._require_free(name)
        return replace(found, name=name, config=without_names(config))

    def clone(self, dashboard_id: str, name: str | None = None) -> Dashboard:
        """A copy that is one's own.

        Raises:
            NotFound: there is none of that id.
            Conflict: the name is taken; without one, a free one is found.
        """
        found = self.get(dashboard_id)
        return self.copy(found) if name is None else self._add(name, found.config)

    def copy(self, dashboard: Dashboard) -> Dashboard:
        """One's own that says the same, under the same name or the next free one."""
        return self._add_free(dashboard.name, dashboard.config)

    def delete(self, dashboard_id: str) -> None:
        """Forget it.

        Raises:
            NotFound: there is none of that id.
            Conflict: it came along.
        """
        if not self._store.delete(int(self._mine(dashboard_id).id)):
            raise NotFound("There is no dashboard %(dashboard_id)r.", dashboard_id=dashboard_id)

    def home(self, user_id: int) -> str | None:
        """The id of the dashboard that the user begins with, if it is still there."""
        chosen = self._store.home(user_id)
        if chosen is None or (chosen not in self._provided and self._own(chosen) is None):
            return None
        return chosen

    def set_home(self, user_id: int, dashboard_id: str | None) -> None:
        """Let the user begin with it, or with the overview.

        Raises:
            NotFound: there is none of that id.
        """
        self._store.set_home(user_id, None if dashboard_id is None else self.get(dashboard_id).id)

    def _own(self, dashboard_id: str) -> Dashboard | None:
        is_number = dashboard_id.isascii() and dashboard_id.isdigit() and len(dashboard_id) <= len(str(GREATEST_ID))
        number = int(dashboard_id) if is_number else 0
        return self._store.dashboard(number) if 0 < number <= GREATEST_ID else None

    def _mine(self, dashboard_id: str) -> Dashboard:
        found = self.get(dashboard_id)
        if found.origin != "own":
            raise Conflict("Dashboard %(name)r came along and can't be changed; clone it", name=found.name)
        return found

    def _add(self, name: str, config: Mapping[str, Any]) -> Dashboard:
        self._require_free(name)
        added = self._store.add(Dashboard(name=name, config=without_names(config)))
        if added is None:
            raise _taken(name)
        return added

    def _add_free(self, name: str, config: Mapping[str, Any]) -> Dashboard:
        """Under that name or the next free one; where somebody has just taken that, under the one after it."""
        for _ in range(_TRIES):
            free = self._free(name)
            added = self._store.add(Dashboard(name=free, config=without_names(config)))
            if added is not None:
                return added
        raise _taken(name)

    def _require_free(self, name: str) -> None:
        if any(one.name == name for one in self.all()):
            raise _taken(name)

    def _free(self, name: str) -> str:
        taken = {one.name for one in self.all()}
        stem, number = name[: LONGEST_NAME - 8], 2
        while f"{stem} {number}" in taken:
            number += 1
        return name if name not in taken else f"{stem} {number}"


def dashboard_json(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard as outsiders see it."""
    return {"id": dashboard.id, "name": dashboard.name, **dashboard.config}


def _taken(name: str) -> Conflict:
    return Conflict("There is a dashboard %(name)r already", name=name, field="name")
