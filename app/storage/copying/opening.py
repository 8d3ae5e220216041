"""Both sides of a copy from the settings and the address of the target; while it lasts, no server uses either.

To a store beside the database goes what `STORAGE_URL` holds. Another database takes all that is in the one at
`DATABASE_URL` as well: senders, users, rules and the rest, to which events and jobs refer.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Final

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.core.parse import storage_url as parse
from app.storage.base_backups import Progress
from app.storage.base_copying import Transfer
from app.storage.copying.addresses import shown
from app.storage.copying.copier import Copier
from app.storage.copying.sides import Side
from app.storage.sql import schema
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.sql.transfer import SqlTransfer
from app.storage.stores import Stores, open_stores, reach_stores

_SQL: Final = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Move:
    """From where to where.

    Attributes:
        database_url: of the source.
        storage_url: of the source.
        to: the target's address.
    """

    database_url: str
    storage_url: str
    to: str

    @property
    def to_sql(self) -> bool:
        """Whether the target is a database."""
        return self.to.startswith(_SQL)

    @property
    def goes_home(self) -> bool:
        """Whether the target is the database that has the house's tables already."""
        return shown(self.to) == shown(self.database_url)

    @property
    def moves_house(self) -> bool:
        """Whether the house's tables go, too."""
        return self.to_sql and not self.goes_home


def planned(database_url: str, storage_url: str, to: str) -> Move:
    """The move to an address.

    Raises:
        ScrapewatchError: there is no such move.
    """
    try:
        move = Move(database_url, storage_url, parse(to))
    except ValueError as error:
        raise ScrapewatchError(f"--to: {error}") from error
    if move.storage_url.startswith("memory:"):
        raise ScrapewatchError("STORAGE_URL is memory: what a server holds there ends with it and can't be copied.")
    if move.to.startswith("memory:"):
        raise ScrapewatchError("--to: what is in memory ends with the process, so nothing can be copied there.")
    if shown(move.to) == shown(move.storage_url):
        raise ScrapewatchError("--to is the store that is in use: a copy goes to another one.")
    return move


@contextmanager
def copier(move: Move, clock: Clock, progress: Progress, *, ahead: bool) -> Iterator[Copier]:
    """What copies; `ahead` of the time when no server uses the source.

    Raises:
        ScrapewatchError: a server uses one of both, or one of both can't be used.
        Unavailable: one of both is away.
    """
    if ahead and move.goes_home:
        raise ScrapewatchError("--ahead: the server works with the target, its database. Stop it, and copy without.")
    with ExitStack() as stack:
        home = stack.enter_context(closing(Database(move.database_url, readers=2, checkpoints=move.goes_home)))
        home.take_time()
        if not move.goes_home:  # else it may hold a part of this copy
            schema.require_current(home)
        if not ahead:
            claimed(stack, home, "A server uses the source: stop it, or copy its events --ahead.")
        database = home
        if move.moves_house:
            database = Database(move.to, readers=2, checkpoints=True)
            stack.callback(database.close)
            database.take_time()
            claimed(stack, database, "A server uses the target: stop it.")
        source = open_stores(move.storage_url, home, clock)
        stack.callback(source.close)
        target = reached(stack, move.to, database, clock, "--to")
        house = SqlTransfer(home) if move.moves_house else None
        yield Copier(
            Side(source, transfer_of(source), house),
            Side(target, transfer_of(target), SqlTransfer(database) if house else None),
            _name(move),
            progress,
        )


def _name(move: Move) -> str:
    names = [move.storage_url, *([move.database_url] if move.moves_house else [])]
    return " and ".join(dict.fromkeys(map(shown, names)))


def claimed(stack: ExitStack, database: Database, refusal: str) -> None:
    """No server uses the database until the stack ends.

    Raises:
        InUse: one does; says `refusal`.
        Unavailable: the database is away.
    """
    claim = Claim(database)
    claim.take_at_once(refusal)
    stack.callback(claim.release)


def reached(stack: ExitStack, url: str, database: Database, clock: Clock, named: str) -> Stores:
    """The stores at an address, though they may hold a part of a copy alone, until the stack ends.

    Raises:
        ScrapewatchError: they can't be used; the address is told of as `named`.
    """
    try:
        stores = reach_stores(url, database, clock)
    except ScrapewatchError as error:
        raise ScrapewatchError(f"{named}: {str(error).removeprefix('STORAGE_URL: ')}") from error
    stack.callback(stores.close)
    return stores


def transfer_of(stores: Stores) -> Transfer:
    """What copies them.

    Raises:
        ScrapewatchError: nothing does.
    """
    if stores.transfer is None:
        raise ScrapewatchError("What such a store holds can't be copied.")
    return stores.transfer()
