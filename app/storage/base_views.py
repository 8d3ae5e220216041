"""What the house asks of the store of saved views, which is always the one at DATABASE_URL."""

from dataclasses import dataclass
from typing import Final, Protocol

PAGES: Final = ("jobs", "events")
"""The lists whose filters can be kept."""

MOST_VIEWS: Final = 100
"""Of one user and page."""


@dataclass(slots=True, frozen=True, kw_only=True)
class SavedView:
    """A list's filters under a name.

    Attributes:
        page: one of `PAGES`.
        name: unique for its user and page.
        query: the query string, as it stands in the address without the question mark.
        id: the store's number, 0 before it is stored.
    """

    user_id: int
    page: str
    name: str
    query: str
    id: int = 0


class ViewStore(Protocol):
    """Each user's saved views."""

    def views(self, user_id: int, page: str) -> list[SavedView]:
        """Those of a user and page, by name."""
        ...

    def save(self, view: SavedView) -> SavedView | None:
        """Store it, in place of the one of that name; None when the user has `MOST_VIEWS` others of that page."""
        ...

    def delete(self, user_id: int, view_id: int) -> bool:
        """Forget one of the user's; False when there is none."""
        ...
