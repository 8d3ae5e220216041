"""How far work that follows the events has come: documents of `meta`."""

from app.storage.mongo.client import Mongo
from app.storage.mongo.ledger import Put


def stands_at(mongo: Mongo, key: str) -> int:
    """The cursor up to which that work is done; 0 for none."""
    found = mongo["meta"].find_one({"_id": key})
    return 0 if found is None else int(found["value"])


def moved(key: str, upto: int) -> Put:
    """The mark as it will be."""
    return Put("meta", key, {"value": upto})
