"""A damaged file of SQLite's is told from a whole one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.core.errors import ScrapewatchError
from app.storage.sql import damage
from app.storage.sql.database import Database


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


def require(file: Path) -> None:
    database = Database(f"sqlite:///{file}", readers=1)
    try:
        damage.require_whole(database)
    finally:
        database.close()


@pytest.mark.parametrize("content", [None, b""], ids=["absent", "empty"])
def test_a_file_that_holds_nothing_is_whole(file: Path, content: bytes | None):
    """The first migration makes it; looking at it does not."""
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    require(file)

    assert file.exists() == (content is not None)


def test_a_page_that_makes_no_sense_is_named(file: Path):
    """Also one that no query of the start would have met."""
    require(file)
    with closing(sqlite3.connect(file)) as database:
        page = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").fetchone()[0]
        at = (page - 1) * database.execute("PRAGMA page_size").fetchone()[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + b"\xff" * 64 + whole[at + 64 :])

    with pytest.raises(ScrapewatchError, match=rf"The database {file} is damaged: .*Page {page}"):
        require(file)


def test_of_a_large_file_the_beginning_is_looked_at(file: Path, monkeypatch: pytest.MonkeyPatch):
    """A start must not wait until gigabytes are read."""
    monkeypatch.setattr(damage, "CHECKED_BYTES", 0)
    require(file)
    file.write_bytes(bytes(100) + file.read_bytes()[100:])

    with pytest.raises(ScrapewatchError, match="file is not a database"):
        require(file)
