"""How long each part of the fuzzing may last."""

import pytest

PARTS = 4
"""The API is asked for half of the time, sockets for a quarter, and the readers of texts for another."""


@pytest.fixture
def quarter_s(pytestconfig: pytest.Config) -> float:
    """Seconds; 0 for the short form."""
    return float(pytestconfig.getoption("--fuzz")) * 60 / PARTS
