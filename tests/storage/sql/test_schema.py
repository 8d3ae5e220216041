"""The server serves on the schema it needs and on no other."""

import pytest
from alembic import command

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.sql import migrate, schema
from app.storage.sql.database import Database


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
