"""By how much the clock was set back is known, whoever received the events."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic import command

from app.storage.base_series import HOUR_MS
from app.storage.sql import migrate, set_back
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with closing(Database(request.getfixturevalue(f"{request.param}_url"))) as database:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        yield database


def test_it_is_known_after_a_start_and_an_update(database: Database, clock: StoppedClock):
    """Also what happened while no server ran; and a database of before is asked what its events show."""
    url = database.url.render_as_string(hide_password=False)

    def receive(ms: int) -> int:
        clock.advance(ms)
        open_stores(url, database, clock).events.append([event(at_ms=clock.now_ms())], jobs_fold)
        return database.read(set_back.most_ms)

    assert [receive(ms) for ms in (0, HOUR_MS, -2 * HOUR_MS, -5, HOUR_MS)] == [
        0,
        0,
        2 * HOUR_MS,
        2 * HOUR_MS,
        2 * HOUR_MS,
    ]
    with migrate.prepared(url) as config:
        command.downgrade(config, "0027")
        assert database.read(set_back.most_ms) == 0
        command.upgrade(config, "head")
    assert database.read(set_back.most_ms) == 2 * HOUR_MS + 5
