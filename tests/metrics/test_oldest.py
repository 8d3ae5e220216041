"""How long it is remembered when the oldest bucket begins."""

from typing import Any, cast

from app.metrics.oldest import REMEMBERED_MS, Oldest
from tests.fakes import StoppedClock


class Counting:
    """A store that says how often it was asked."""

    def __init__(self) -> None:
        self.begins: int | None = None
        self.asked = 0

    def since(self) -> int | None:
        self.asked += 1
        return self.begins


def test_it_is_asked_for_once_while_a_page_is_made():
    """Nothing is remembered of a store without a bucket; what there is, no longer than a second."""
    store, clock = Counting(), StoppedClock()
    oldest = Oldest(cast("Any", store), clock)
    assert [oldest.begins(), oldest.begins()] == [None, None]

    store.begins = 5_000
    assert [oldest.begins(), oldest.begins()] == [5_000, 5_000]
    assert store.asked == 3

    store.begins = 65_000
    clock.advance(REMEMBERED_MS)
    assert oldest.begins() == 65_000
