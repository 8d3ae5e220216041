"""Whatever text comes from outside, its reader takes it, or refuses it in the house's own words."""

import pytest

from tests.fuzz.readers import READERS, refusable
from tests.fuzz.running import tried


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_or_refuses(name: str, quarter_s: float):
    """There is no third outcome."""
    examples, read = READERS[name]

    tried(f"read_{name}", examples, refusable(read), quarter_s / len(READERS))
