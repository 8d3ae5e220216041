"""Addresses of lists: each filter is in the query string, so that a page can be kept, shared and gone back to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.dashboard import zones

LONGEST_QUERY: Final = 4_000


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: what it is, what it asks for, and the address without it."""

    key: str
    value: str
    without: str


class Query:
    """The arguments of a list's page: known ones only, several values of one name joined by comma.

    Times that were typed without a zone are taken in the page's.
    """

    def __init__(self, path: str, args: "MultiDict[str, str]", names: Iterable[str]) -> None:
        self.path = path
        joined = {name: ",".join(value for value in args.getlist(name) if value) for name in names}
        joined.update({name: zones.typed(joined[name]) for name in ("from", "to") if name in joined})
        self.args: dict[str, str] = {name: value for name, value in joined.items() if value}

    def get(self, name: str) -> str:
        """The value, or nothing."""
        return self.args.get(name, "")

    def values(self, name: str) -> list[str]:
        """Its values one by one."""
        return self.get(name).split(",") if self.get(name) else []

    def address(self, **changes: str | None) -> str:
        """This page with other filters; None drops one. It begins at the first row again unless `next` is given."""
        return self._at(self.path, {**self._filters(), **changes})

    def text(self) -> str:
        """The filters of this page as a query string."""
        return urlencode({name: value for name, value in self._filters().items() if value}, safe=",:")

    def export(self, path: str) -> str:
        """An export's address with exactly the filters of this page."""
        return self._at(path, self._filters())

    def api(self, path: str, limit: int) -> str:
        """The API's address of exactly the rows of this page."""
        return self._at(path, {**self.args, "limit": str(limit)})

    def chips(self, labels: Mapping[str, str]) -> list[Chip]:
        """The filters that are on, by those labels."""
        return [
            Chip(label, self.args[name].replace(",", ", "), self.address(**{name: None}))
            for name, label in labels.items()
            if name in self.args
        ]

    def _filters(self) -> dict[str, str | None]:
        return {name: value for name, value in self.args.items() if name != "next"}

    @staticmethod
    def _at(path: str, args: Mapping[str, str | None]) -> str:
        kept = {name: value for name, value in args.items() if value}
        return f"{path}?{urlencode(kept, safe=',:')}" if kept else path


def job_path(job_id: str) -> str:
    """The page of a job; slashes in its id are part of the path."""
    return f"/jobs/{quote(job_id, safe='/')}"


def list_query(form: Mapping[str, str]) -> str:
    """The filters of the list that a form was sent from and leads back to; nothing for none.

    Raises:
        InvalidInput: it is none.
    """
    query = form.get("query", "")
    if len(query) > LONGEST_QUERY or (query and not query.isprintable()):
        raise InvalidInput("must be the query of a list", field="query")
    return query
