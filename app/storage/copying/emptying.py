"""Emptying a store that is not in use, so that all of another may be copied into it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.core.parse import storage_url as parse
from app.storage.base_copying import ALL, PARTS, Transfer
from app.storage.copying.addresses import shown
from app.storage.copying.opening import claimed, reached, transfer_of
from app.storage.sql import emptying, schema
from app.storage.sql.claim import InUse
from app.storage.sql.database import Database
from app.storage.sql.transfer import SqlTransfer
from app.storage.sql.transfer_tables import META, TABLES
from app.storage.stores import open_stores, opener_of

_TRIES: Final = 100
"""How often to look for a moment at which nobody writes to the store in use."""
_IN_USE: Final = "is the store that is in use (%s); it is not emptied."


@dataclass(frozen=True)
class Contents:
    """What is at an address.

    Attributes:
        name: the address as it may be shown.
        counts: rows by part, where there are any.
        empty: deletes all of it.
    """

    name: str
    counts: Mapping[str, int]
    empty: Callable[[], None]


@contextmanager
def contents(database_url: str, storage_url: str, url: str, clock: Clock) -> Iterator[Contents]:
    """What there is at `url`, which nobody uses during the block; the others are those of the settings.

    Of the database at DATABASE_URL, where the store is elsewhere, only the store's part is meant.

    Raises:
        ScrapewatchError: it is the store in use, a server uses the database there, or it can't be read.
        Unavailable: it is away.
    """
    try:
        url = parse(url)
    except ValueError as error:
        raise ScrapewatchError(f"URL: {error}") from error
    if url.startswith("memory:"):
        raise ScrapewatchError("URL: what is in memory ends with its process.")
    if shown(url) == shown(storage_url):
        named = "DATABASE_URL" if storage_url == database_url else "STORAGE_URL"
        raise ScrapewatchError(f"{shown(url)} {_IN_USE % named}")
    with ExitStack() as stack:
        home = stack.enter_context(closing(Database(database_url, readers=1)))
        home.take_time()
        if not url.startswith(("sqlite", "postgresql")):
            yield _beside(stack, home, (storage_url, url), clock)
        elif shown(url) == shown(database_url):
            claimed(stack, home, "A server uses it: stop it.")
            yield _of_database(home, url, PARTS, lambda: SqlTransfer(home).clear(ALL))
        else:
            with suppress(InUse):  # a server there has nothing to do with it, if it is another one
                claimed(stack, home, "")
            other = stack.enter_context(closing(Database(url, readers=1)))
            other.take_time()
            claimed(stack, other, "A server uses it, or it is DATABASE_URL under another name. Stop the server first.")
            parts = [part for part in TABLES if part != META]
            yield _of_database(other, url, parts, lambda: emptying.remove(other))


def _beside(stack: ExitStack, home: Database, urls: tuple[str, str], clock: Clock) -> Contents:
    storage_url, url = urls
    transfer = transfer_of(reached(stack, url, home, clock, "URL"))
    counts = {part: transfer.held(part) for part in PARTS}
    if opener_of(storage_url) is opener_of(url):
        in_use = open_stores(storage_url, home, clock)
        stack.callback(in_use.close)
        if any(counts.values()) and _is_same(transfer, transfer_of(in_use)):
            raise ScrapewatchError(f"{shown(url)} {_IN_USE % 'STORAGE_URL'}")
    return Contents(shown(url), _filled(counts), lambda: transfer.clear(ALL))


def _is_same(one: Transfer, in_use: Transfer) -> bool:
    """Whether both are one store under two names, which a server may be writing to."""
    for _ in range(_TRIES):
        before = in_use.version()
        found = one.version()
        if in_use.version() == before:
            return found == before
    raise ScrapewatchError("The store that is in use (STORAGE_URL) is written to all the time: stop the server first.")


def _of_database(database: Database, url: str, parts: Sequence[str], empty: Callable[[], None]) -> Contents:
    found = schema.current(database)
    if found is None:
        return Contents(shown(url), {}, lambda: None)
    if found != schema.head():
        raise ScrapewatchError(
            f"{shown(url)} is at migration {found}, not at {schema.head()}: this version can't empty it."
        )
    transfer: Transfer = SqlTransfer(database)
    return Contents(shown(url), _filled({part: transfer.held(part) for part in parts}), empty)


def _filled(counts: Mapping[str, int]) -> dict[str, int]:
    return {part: count for part, count in counts.items() if count}
