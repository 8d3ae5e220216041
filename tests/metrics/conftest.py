"""What tests of the figures ask for."""

import pytest

from tests.metrics.house import House


@pytest.fixture
def house() -> House:
    """An empty one."""
    return House()
