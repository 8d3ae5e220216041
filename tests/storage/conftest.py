"""What tests of stores share."""

import pytest

from app.storage.base_series import SeriesStore


@pytest.fixture
def store(series_store: SeriesStore) -> SeriesStore:
    """Of each kind in turn; modules about other stores have a fixture of this name."""
    return series_store
