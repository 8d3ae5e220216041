"""The stores of one MongoDB database, which share its ledger."""

from app.core.clock import Clock
from app.storage.mongo.client import Mongo
from app.storage.mongo.events import MongoEventStore
from app.storage.mongo.groups import MongoGroupStore
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.searching import MongoSearchStore
from app.storage.mongo.series import MongoSeriesStore


def open_mongo(url: str, clock: Clock) -> tuple[MongoEventStore, MongoSeriesStore, MongoGroupStore, MongoSearchStore]:
    """Those at an address; nothing is sent to it before one of them is asked for something."""
    mongo = Mongo(url)
    ledger = Ledger(mongo)
    series = MongoSeriesStore(mongo, ledger)
    events = MongoEventStore(mongo, ledger, clock, series.merge)
    return events, series, MongoGroupStore(mongo, ledger), MongoSearchStore(mongo, ledger)
