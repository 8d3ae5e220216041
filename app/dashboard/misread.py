"""What is wrong with the filters of a list's page: such a page stays, and says it beside the fields."""

from collections.abc import Callable, Collection, Mapping

from app.core.errors import InvalidInput
from app.core.said import begun
from app.dashboard.language import told

Read = Callable[[Mapping[str, str], int], object]
"""What reads arguments at a moment in ms since 1970, and raises `InvalidInput` at one that it can't use."""


def misread(read: Read, args: Mapping[str, str], now_ms: int, fields: Collection[str]) -> dict[str, str]:
    """Each of the `fields` that can't be read, and why, in the page's language; each by itself, then all together.

    Raises:
        InvalidInput: one is wrong that is no field of the page.
    """
    found: dict[str, str] = {}
    for part in (*({name: args[name]} for name in fields if name in args), args):
        try:
            read(part, now_ms)
        except InvalidInput as error:
            if error.field not in fields:
                raise
            found.setdefault(error.field, begun(told(error.said)))
    return found
