"""``flask vacuum``, as an operator types it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from app.storage.sql import partitions
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.sql.vacuum import vacuum
from tests.cli.conftest import Run


class Usage(NamedTuple):
    """What a disk tells."""

    total: int
    used: int
    free: int


@pytest.fixture
def early(sqlite_url: str) -> Path:
    """A migrated file of the kind that early versions made, from which much was deleted."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with sqlite3.connect(file, isolation_level=None) as connection:
        for statement in (
            "PRAGMA journal_mode = DELETE",
            "PRAGMA auto_vacuum = NONE",
            "VACUUM",
            "CREATE TABLE ballast AS SELECT zeroblob(2000000)",
            "DROP TABLE ballast",
        ):
            connection.execute(statement)
    return file


def test_a_file_of_an_early_version_is_told_of_and_mended(flask: Run, early: Path):
    """The doctor names it and the command; afterwards it is small, whole, and gives space back by itself."""
    before = early.stat().st_size
    assert "run `flask --app wsgi vacuum`" in flask("doctor").stdout

    told = flask("vacuum")

    assert told.exit_code == 0, told.output
    assert before > early.stat().st_size + 1_900_000
    assert told.stdout == f"{before:,} bytes before, {early.stat().st_size:,} after.\n"
    with sqlite3.connect(early) as connection:
        asked = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("auto_vacuum", "integrity_check")]
    assert asked == [2, "ok"]
    assert "vacuum" not in flask("doctor").stdout


def test_it_is_refused_where_it_can_not_be(flask: Run, early: Path, monkeypatch: pytest.MonkeyPatch):
    """A server runs on the file, or the disk has no room: one line says so, and nothing is changed."""
    database = Database(f"sqlite:///{early}")
    before = early.stat().st_size
    claim = Claim(database)
    claim.take()
    served = flask("vacuum")
    claim.release()
    database.close()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 9, 1))
    full = flask("vacuum")

    assert [(each.exit_code, each.stderr.count("\n")) for each in (served, full)] == [(1, 1), (1, 1)]
    assert "A server runs on this database: stop it first." in served.stderr
    assert "MESSAGE_QUEUE_URL" not in served.stderr
    assert "MB of free disk" in full.stderr
    assert early.stat().st_size == before


def test_postgres_is_cleaned_beside_a_server_that_makes_a_partition(postgres_url: str):
    """Each table and partition is, words too, though somebody holds what it takes to attach one; it is told how far."""
    told: list[tuple[str, int, int]] = []
    patient = Database(f"{postgres_url}{'&' if '?' in postgres_url else '?'}options=-c%20lock_timeout%3D5000")
    with closing(patient), closing(Database(postgres_url)) as server:
        server.write(lambda made: partitions.make_ahead(made, 1))
        with server.engine.begin() as attaching:
            attaching.exec_driver_sql("LOCK TABLE ONLY events, ONLY event_texts IN SHARE UPDATE EXCLUSIVE MODE")
            vacuum(patient, lambda *step: told.append(step))
        cleaned = server.read(
            lambda made: (
                made.exec_driver_sql(
                    "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL AND last_analyze IS NOT NULL"
                )
                .scalars()
                .all()
            )
        )
    assert {"events_p0", "event_texts_p0", "jobs", "event_keys"} <= set(cleaned)
    assert told[-1] == ("clean", len(cleaned), len(cleaned))
