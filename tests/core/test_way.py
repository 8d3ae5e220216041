"""Who goes first, a page or the writer."""

import threading
from collections.abc import Iterator

import pytest

from app.core.way import LONGEST_S, RightOfWay

PATIENCE_S = 20


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


def test_it_waits_no_longer_than_it_works(hands: Hands):
    """A flood of readers slows it down to half, and no further."""

    class Waiting(RightOfWay):
        waits = 0

        def _is_free(self) -> bool:
            self.waits += 1
            hands.ms += 30  # that long each time it is looked at
            return self.waits % 2 == 0

    way = Waiting(hands.now)
    with way.taken():
        way.give()
        assert way.waits == 2
        hands.ms += 59
        way.give()
        assert way.waits == 2
        hands.ms += 1
        way.give()
        assert way.waits == 4


def test_a_reader_that_never_leaves_stops_nobody(way: RightOfWay, giving: threading.Thread):
    """The wait has an end."""
    with way.taken():
        giving.start()
        giving.join(PATIENCE_S)
        assert not giving.is_alive()


def test_a_reader_that_waits_for_the_writer_is_not_waited_for(way: RightOfWay, hands: Hands):
    """A page that has something written asks it to hurry: it goes on at once, and does not wait for a while."""
    with way.taken():
        way.hurry()
        way.give()
        hands.ms += LONGEST_S * 1_000 - 1
        way.give()
        assert way._is_free()
        hands.ms += 1
        assert not way._is_free()


def test_only_requests_that_read_take_it(way: RightOfWay):
    """What is posted may itself wait for the writer."""
    seen: list[tuple[str, int]] = []
    answer = way.around(lambda environ, _start: seen.append((environ["REQUEST_METHOD"], way._taken)))
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer({"REQUEST_METHOD": method}, None)
    assert seen == [("GET", 1), ("HEAD", 1), ("POST", 0), ("DELETE", 0)]


def test_it_is_left_when_the_answer_fails(way: RightOfWay):
    """Or the writer would be slow for ever."""

    def broken() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        way.taken_by(broken)()
    assert way._taken == 0
