"""Who goes first, a page or the writer."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.way import RightOfWay

PATIENCE_S = 30


class Hands:
    """A clock that goes when told to."""

    ms = 0.0

    def now(self) -> float:
        """The time."""
        return self.ms


@pytest.fixture
def hands() -> Hands:
    """The time."""
    return Hands()


@pytest.fixture
def way(hands: Hands) -> RightOfWay:
    """Nobody has it."""
    return RightOfWay(hands.now)


@pytest.fixture
def giving(way: RightOfWay) -> Iterator[threading.Thread]:
    """A writer in a thread of its own, not begun."""
    thread = threading.Thread(target=way.give)
    yield thread
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_who_writes_alone_never_waits(way: RightOfWay):
    """It is free, and free again when a reader has left it."""
    way.give()
    with way.taken(), way.taken():
        pass
    way.give()


def test_the_writer_waits_until_the_reader_has_left():
    """And goes on at once then."""
    order: list[str] = []

    class Watched(RightOfWay):
        looked = threading.Event()

        def _is_free(self) -> bool:
            self.looked.set()
            return super()._is_free()

    way = Watched(lambda: 0)

    def write() -> None:
        way.give()
        order.append("writes")

    writer = threading.Thread(target=write)
    with way.taken():
        writer.start()
        assert way.looked.wait(PATIENCE_S)
        order.append("reads")
    writer.join(PATIENCE_S)
    assert order == ["reads", "writes"]


class Waiting(RightOfWay):
    """Each of its waits takes 30 ms of the clock's."""

    def __init__(self, hands: Hands, *more: Any) -> None:
        super().__init__(hands.now, *more)
        self.hands, self.waits = hands, 0

    def _wait(self) -> None:
        self.waits += 1
        self.hands.ms += 30


def test_it_waits_no_longer_than_it_works(hands: Hands):
    """A flood of readers slows it down to half, and no further."""
    way = Waiting(hands)
    with way.taken():
        way.give()
        hands.ms += 29
        way.give()
        assert way.waits == 1
        hands.ms += 1
        way.give()
        assert way.waits == 2


def test_a_reader_that_never_leaves_stops_nobody(way: RightOfWay, giving: threading.Thread):
    """The wait has an end."""
    with way.taken():
        giving.start()
        giving.join(PATIENCE_S)
        assert not giving.is_alive()


def test_a_reader_that_waits_for_the_writer_is_not_waited_for(way: RightOfWay):
    """The writer would wait in vain for a page that has something written: it goes on until that is done."""
    with way.taken():
        with way.pressed():
            way.give()
            assert way._is_free()
        assert not way._is_free()


@pytest.mark.parametrize(("has_room", "waits"), [(True, 1), (False, 0)])
def test_with_no_room_for_what_comes_it_goes_on(hands: Hands, has_room: bool, waits: int):
    """Before senders are told to send less."""
    way = Waiting(hands, lambda: has_room)
    with way.taken():
        way.give()
    assert way.waits == waits


def test_it_is_left_when_the_answer_fails(way: RightOfWay):
    """Or the writer would be slow for ever."""

    def broken() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        way.taken_by(broken)()
    assert way._taken == 0
