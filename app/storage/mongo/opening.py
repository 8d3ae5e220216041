"""The stores of one MongoDB database, which share its ledger."""

from collections.abc import Callable

from pymongo.errors import ConfigurationError, PyMongoError

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.storage.mongo.client import Mongo
from app.storage.mongo.events import MongoEventStore
from app.storage.mongo.groups import MongoGroupStore
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.searching import MongoSearchStore
from app.storage.mongo.series import MongoSeriesStore

Close = Callable[[], object]


def open_mongo(
    url: str, clock: Clock
) -> tuple[MongoEventStore, MongoSeriesStore, MongoGroupStore, MongoSearchStore, Close]:
    """Those at an address, and what ends their connections.

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
    return events, series, MongoGroupStore(mongo, ledger), MongoSearchStore(mongo, ledger), mongo.close
