"""One server a database."""

import threading

import pytest
from sqlalchemy import text

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.sql.claim import _ADVISORY, Claim
from app.storage.sql.database import Database
from tests.server import DidNotStart, Server


@pytest.fixture
def database(database_url):
    opened = Database(database_url)
    yield opened
    opened.close()


def test_a_second_claim_is_refused_until_the_first_is_released(database):
    """On SQLite and Postgres alike."""
    first, second = Claim(database), Claim(database)
    first.take()
    with pytest.raises(ScrapewatchError, match="Another server"):
        second.take(patience_s=0)

    first.release()
    second.take(patience_s=5)
    second.release()


def test_a_second_server_on_the_same_data_ends_and_says_why(environment, sqlite_url, tmp_path):
    """The first goes on; after kill -9 its place is free at once."""
    first = Server(environment, tmp_path / "first.log")
    second = Server(environment, tmp_path / "second.log")
    first.start()
    try:
        with pytest.raises(DidNotStart, match="Another server uses this database"):
            second.start()
        assert first.request("/healthz")[0] == 200
        first.kill()
        second.start()
        assert second.stop() == 0
    finally:
        first.kill()
        second.kill()


END_HOLDERS = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
)


@pytest.fixture
def postgres_database(postgres_url):
    opened = Database(postgres_url)
    yield opened
    opened.close()


def test_a_claim_is_taken_anew_when_postgres_has_ended_its_session(postgres_database):
    """As a restart does; while the session lives there is nothing to do."""
    first, second = Claim(postgres_database), Claim(postgres_database)
    first.take()
    postgres_database.write(lambda connection: connection.execute(END_HOLDERS).all())
    first.keep()
    first.keep()
    try:
        with pytest.raises(ScrapewatchError, match="Another server"):
            second.take(patience_s=0)
    finally:
        first.release()
    first.keep()
    second.take()  # the session's end may take Postgres a moment
    second.release()


def test_a_claim_that_another_has_taken_meanwhile_is_not_kept(postgres_database):
    """It is refused as at the start."""
    first, second = Claim(postgres_database), Claim(postgres_database)
    first.take()
    postgres_database.write(lambda connection: connection.execute(END_HOLDERS).all())
    second.take()
    try:
        with pytest.raises(ScrapewatchError, match="Another server") as refused:
            first.keep(patience_s=0)
        assert not isinstance(refused.value, Unavailable)
    finally:
        first.release()
        second.release()


def test_a_server_stops_when_another_has_its_database(environment, postgres_url, postgres_database, tmp_path):
    """One that was next in line has it as soon as the session is gone; the server says why it stops."""
    server = Server({**environment, "DATABASE_URL": postgres_url}, tmp_path / "server.log")
    server.start()

    def claim(connection):
        waiting = threading.Timer(0.5, end_holders)
        waiting.start()
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY})
        waiting.join()
        return server.process.wait(30)

    def end_holders():
        postgres_database.read(lambda connection: connection.execute(END_HOLDERS).all())

    try:
        assert postgres_database.write(claim) == 0
        assert "Another server uses this database" in server.log.read_text()
    finally:
        server.kill()


def test_processes_with_a_doorbell_share_a_claim_and_keep_out_those_without(postgres_database):
    """Any number of them, and one without only when all have ended."""
    first, second, alone = (
        Claim(postgres_database, shared=True),
        Claim(postgres_database, shared=True),
        Claim(postgres_database),
    )
    first.take(patience_s=0)
    second.take(patience_s=0)
    first.release()
    with pytest.raises(ScrapewatchError, match="MESSAGE_QUEUE_URL"):
        alone.take(patience_s=0)
    second.release()
    alone.take()
    with pytest.raises(ScrapewatchError, match="Another server"):
        first.take(patience_s=0)
    alone.release()
