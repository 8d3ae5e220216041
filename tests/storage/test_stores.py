"""Which store a STORAGE_URL means."""

import pytest

import config
from app.core.errors import ScrapewatchError
from app.storage.mongo.events import MongoEventStore
from app.storage.redis.events import RedisEventStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.stores import open_stores
from tests.fakes import StoppedClock


def events_of(environment: dict[str, str]):
    """The event store of a server with these variables."""
    settings = config.load(environment)
    database = Database(settings.database_url)
    try:
        opened = open_stores(settings.storage_url, database, StoppedClock())
        opened.close()
        return opened.events
    finally:
        database.close()


@pytest.mark.parametrize(
    "address",
    [
        "postgres://u:p@127.0.0.1/db?sslmode=require&channel_binding=require",
        "postgres://u:a%2fb!$*(~'@127.0.0.1:5432/db",
        "postgres://u:a/b#c@127.0.0.1/db",
        "postgres://u@/db?host=/run/x",
        "postgresql+psycopg://u:p@[::1]:5432/db",
        "sqlite:////tmp/a b.db",
    ],
)
def test_the_database_is_the_store_however_it_is_written(address: str):
    """An address can be written in several ways; ours is not held against the operator's."""
    assert isinstance(events_of({"DATABASE_URL": address}), SqlEventStore)
    assert isinstance(events_of({"DATABASE_URL": address, "STORAGE_URL": address}), SqlEventStore)


@pytest.mark.parametrize("folder", ["plain", "a#b", "a?b=c", "100%41", "a b+c"])
def test_any_data_dir_holds_the_database(tmp_path, folder: str):
    """Signs that mean something in an address are only names in a path."""
    (tmp_path / folder).mkdir()
    settings = config.load({"DATA_DIR": str(tmp_path / folder)})
    database = Database(settings.database_url)
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (i)"))
    database.close()

    assert (tmp_path / folder / "scrapewatch.db").exists()
    assert isinstance(events_of({"DATA_DIR": str(tmp_path / folder)}), SqlEventStore)


def test_redis_is_a_store_of_its_own(tmp_path, redis_url: str):
    """Beside the database, which keeps accounts and rules."""
    assert isinstance(events_of({"DATA_DIR": str(tmp_path), "STORAGE_URL": redis_url}), RedisEventStore)


def test_mongodb_is_a_store_of_its_own(tmp_path, mongodb_url: str):
    """Beside the database, too."""
    assert isinstance(events_of({"DATA_DIR": str(tmp_path), "STORAGE_URL": mongodb_url}), MongoEventStore)


@pytest.mark.parametrize(
    "address",
    [
        "redis://:secret@127.0.0.1:1/0",
        "redis://127.0.0.1:1/0?socket_timeout=soon",
        "mongodb://u:secret@127.0.0.1:1/x",
        "mongodb://127.0.0.1:port/x",
    ],
)
def test_a_server_that_does_not_answer_is_refused(tmp_path, monkeypatch, address: str):
    """By the variable's name, and without its password."""
    monkeypatch.setattr("app.storage.mongo.client.SELECT_MS", 50)
    with pytest.raises(ScrapewatchError, match="STORAGE_URL: ") as refusal:
        events_of({"DATA_DIR": str(tmp_path), "STORAGE_URL": address})

    assert "secret" not in str(refusal.value)


def test_a_second_database_is_refused(tmp_path):
    """By the variable's name, and without its password."""
    with pytest.raises(ScrapewatchError, match="STORAGE_URL: a second database") as refusal:
        events_of({"DATA_DIR": str(tmp_path), "STORAGE_URL": "postgres://u:secret@127.0.0.1/db"})

    assert "secret" not in str(refusal.value)
