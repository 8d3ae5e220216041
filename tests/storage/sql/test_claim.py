"""One server a database."""

import pytest

from app.core.errors import ScrapewatchError
from app.storage.sql.claim import Claim
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
