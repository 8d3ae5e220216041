"""The stores of one MongoDB database, which share its ledger."""

from collections.abc import Callable
from functools import partial

from pymongo.errors import ConfigurationError, PyMongoError

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.storage.base_about import About
from app.storage.mongo.about import about
from app.storage.mongo.client import Mongo
from app.storage.mongo.events import MongoEventStore
from app.storage.mongo.groups import MongoGroupStore
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.searching import MongoSearchStore
from app.storage.mongo.series import MongoSeriesStore
from app.storage.mongo.transfer import MongoTransfer
from app.storage.mongo.upkeep import MongoUpkeep

Stores = tuple[
    MongoEventStore,
    MongoSeriesStore,
    MongoGroupStore,
    MongoSearchStore,
    Callable[[], object],
    Callable[[], About],
    MongoUpkeep,
    Callable[[], MongoTransfer],
]


def open_mongo(url: str, clock: Clock) -> Stores:
    """Those at an address, what ends their connections, what tells of their server and of how full it is.

    Raises:
        ScrapewatchError: the address can't be read, or nobody answers there.
    """
    try:
        mongo = Mongo(url)
    except (ConfigurationError, ValueError) as error:
        raise ScrapewatchError(f"STORAGE_URL: {error}") from error
    try:
        mongo.look()
    except PyMongoError as error:
        mongo.close()
        reason = str(error).partition(" (configured")[0]
        raise ScrapewatchError(f"STORAGE_URL: MongoDB does not answer: {reason}") from error
    ledger = Ledger(mongo)
    series = MongoSeriesStore(mongo, ledger)
    events = MongoEventStore(mongo, ledger, clock, series.merge)
    groups, search = MongoGroupStore(mongo, ledger), MongoSearchStore(mongo, ledger)
    transfer = partial(MongoTransfer, mongo, ledger)
    return events, series, groups, search, mongo.close, partial(about, mongo), MongoUpkeep(mongo), transfer
