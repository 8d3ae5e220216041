"""What a MongoDB is, and how large it has grown."""

from app.storage.base_about import About
from app.storage.mongo.client import Mongo, translated


def about(mongo: Mongo) -> About:
    """Ask the server.

    Raises:
        Unavailable: it is away.
    """
    with translated():
        built, stats = mongo.command("buildInfo"), mongo.command("dbStats")
    return About("MongoDB", str(built["version"]), int(stats["storageSize"]) + int(stats["indexSize"]))
