"""What tests of stores share."""

from collections.abc import Iterator

import pytest

from app.storage.base_series import SeriesStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[SeriesStore]:
    """An empty store of series, of each kind in turn; modules about other stores have a fixture of this name."""
    if request.param == "memory":
        yield MemorySeriesStore()
        return
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield SqlSeriesStore(database)
    database.close()
