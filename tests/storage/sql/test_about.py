"""What a database says of itself."""

from sqlalchemy import text

from app.storage.sql.about import about
from app.storage.sql.database import Database


def test_a_database_tells_what_it_is(database_url: str):
    """Its name, version and size; SQLite also how long its log is."""
    database = Database(database_url, checkpoints=True)
    database.write(lambda connection: connection.execute(text("CREATE TABLE grown (n INTEGER)")))

    told = about(database)

    database.close()
    assert told.version[0].isdigit()
    assert told.size_bytes
    if database.is_sqlite:
        assert told.name == "SQLite"
        assert told.wal_bytes
    else:
        assert (told.name, told.wal_bytes) == ("PostgreSQL", None)
