"""The server serves on the schema it needs and on no other."""

import pytest
from alembic import command

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.base_series import HOUR_MS, MINUTE_MS, Point
from app.storage.sql import migrate, schema
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore


@pytest.fixture
def database(database_url: str):
    """A migrated database."""
    opened = Database(database_url, readers=1)
    yield opened
    opened.close()


def test_the_current_schema_is_served(database: Database):
    """A migrated database passes, and migrating it again changes nothing."""
    steps: list[str] = []
    migrate.upgrade(database.url.render_as_string(hide_password=False), steps.append)
    schema.require_current(database)

    assert steps == []


def test_an_older_schema_is_refused_by_naming_the_command(database: Database):
    """An operator who forgot the migration is told what to type."""
    with migrate.prepared(database.url.render_as_string(hide_password=False)) as config:
        command.downgrade(config, "base")

    with pytest.raises(ScrapewatchError, match="flask --app wsgi db upgrade"):
        schema.require_current(database)


def test_series_of_an_earlier_version_are_known_by_their_newest_value(database: Database):
    """From the minutes, or from the hours where those are gone."""
    store, now, old = SqlSeriesStore(database), 500_000 * HOUR_MS, 499_000 * HOUR_MS
    store.record([Point("items", (), at_ms, 1.0, 1, 1.0, 1.0) for at_ms in (old, now + MINUTE_MS)])
    store.record([Point("errors", (), old, 1.0, 1, 1.0, 1.0)])
    store.roll_up(old, old + HOUR_MS)
    store.prune(raw_before_ms=now, minutes_before_ms=now, hours_before_ms=0)
    with migrate.prepared(database.url.render_as_string(hide_password=False)) as config:
        command.downgrade(config, "0013")
        command.upgrade(config, "head")

    assert [store.find("items", {}, since_ms) for since_ms in (now, now + HOUR_MS)] == [[()], []]
    assert [store.find("errors", {}, since_ms) for since_ms in (old, old + HOUR_MS)] == [[()], []]


def test_a_newer_schema_is_refused(database: Database):
    """Yesterday's code does not write into tomorrow's tables."""
    database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ScrapewatchError, match="newer"):
        schema.require_current(database)


def test_a_file_that_is_not_there_is_an_empty_database(tmp_path):
    """Looking at it does not make it."""
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")

    assert schema.current(database) is None
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_gone_is_said_to_be():
    """A refused connection is no older schema."""
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")

    with pytest.raises(Unavailable):
        schema.require_current(database)
    database.close()
