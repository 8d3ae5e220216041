"""The migrations are one numbered chain that makes exactly the tables of the code, on every database, and back."""

import re
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect

from app.storage.sql import migrate, schema
from tests.house import tree
from tests.postgres import Postgres

FILES = sorted((tree.ROOT / "migrations/versions").glob("*.py"))
VERBS = "create|rebuild|add|drop|rename|index|backfill|split|require"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    with server.database(migrated=False) as url:
        yield url


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_migration_is_named_for_what_it_does(file: Path):
    """Its name is a four-digit number, a verb and an object; the revision inside is the number."""
    name = re.fullmatch(rf"(\d{{4}})_(?:{VERBS})_[a-z0-9_]+", file.stem)

    assert name
    assert f'revision = "{name[1]}"' in file.read_text()


def test_the_migrations_are_one_chain():
    """Numbers run from 0001 without a gap or a twin, each follows the one before it, and one is the last.

    Two branches that take the same number merge cleanly, and Alembic still sees a single head: hence all three.
    """
    numbers = [f"{number:04d}" for number in range(1, len(FILES) + 1)]
    parents = [re.search(r"^down_revision = (.+)$", file.read_text(), re.MULTILINE) for file in FILES]

    assert [file.stem[:4] for file in FILES] == numbers
    assert [found and found[1].strip('"') for found in parents] == ["None", *numbers[:-1]]
    assert schema.head() == numbers[-1]


def test_they_make_the_tables_of_the_code(empty_url: str):
    """A database migrated from empty has the tables, columns, indexes and constraints of the models."""
    migrate.upgrade(empty_url)

    with migrate.prepared(empty_url) as config:
        command.check(config)


def test_each_can_be_undone(empty_url: str):
    """Down to nothing and up again: no table stays behind, and none is missing afterwards."""
    migrate.upgrade(empty_url)
    with migrate.prepared(empty_url) as config:
        command.downgrade(config, "base")
    engine = create_engine(empty_url)
    left = inspect(engine).get_table_names()
    engine.dispose()
    migrate.upgrade(empty_url)

    assert left == ["alembic_version"]
