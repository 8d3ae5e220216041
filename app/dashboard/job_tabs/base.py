"""What a tab of a job's page is handed: the job as it stands, and what the address asks for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from app.core.errors import InvalidInput
from app.dashboard.links import Query
from app.queries import GREATEST
from app.services import Services
from app.storage.base import Event, EventFilter, Job
from app.storage.base_groups import MOST_GROUPS, ErrorGroup
from app.storage.base_search import Found

NAMES: Final = ("tab", "level", "q", "line", "before", "after", "type", "next", "part", "from", "to", "compare")
"""The arguments that the page knows."""

LEAST_MEAN_MS: Final = 5_000
"""Of a job that took less no mean of items per second is told: it would read as if the job had gone on so."""

_CURSOR: Final = re.compile(r"\d{1,19}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One job, looked at; called in real threads only. `other` is the run that it is compared with, if one is named."""

    services: Services
    job: Job
    query: Query
    now_ms: int
    other: Job | None = None

    def cursor(self, name: str) -> int | None:
        """The cursor that the address names by `name`, None for none.

        Raises:
            InvalidInput: it is no cursor.
        """
        value = self.query.get(name)
        if not value:
            return None
        if not _CURSOR.fullmatch(value) or int(value) > GREATEST:
            raise InvalidInput("must be a cursor", field=name)
        return int(value)

    @cached_property
    def grouped(self) -> tuple[list[ErrorGroup], int | None]:
        """The groups of all its errors, and the cursor up to which these hold them; None where that has moved since."""
        store = self.services.groups
        found: list[ErrorGroup] = []
        for _ in range(3):
            upto = store.grouped()
            found = self._groups()
            if store.grouped() == upto:
                return found, upto
        return found, None

    @cached_property
    def groups(self) -> list[ErrorGroup]:
        """The same groups; up to where they hold its errors is asked only of a job that is counted by them."""
        return self._groups() if self.job.attempt == 1 else self.grouped[0]

    def _groups(self) -> list[ErrorGroup]:
        return self.services.groups.of_job(self.job.id, limit=MOST_GROUPS + 1)

    def part(self, types: tuple[str, ...], limit: int, before: int | None = None) -> Found:
        """The newest events of this attempt that its counters include, of a bounded part of all that it has sent."""
        wanted = EventFilter(job_id=self.job.id, types=types)
        bound = self.job.last_cursor + 1 if before is None else before
        after = max(0, self.job.first_cursor - 1)
        return self.services.search.search(wanted, before=bound, after=after, limit=limit)

    def newest(self, types: tuple[str, ...], limit: int, before: int | None = None) -> list[Event]:
        """The same, without from where to go on."""
        return self.part(types, limit, before).events


Content = Callable[[Look], dict[str, Any]]
"""What the tab's template is rendered with; `page` in it is for its script."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its word, and what its queries find."""

    label: str
    content: Content
