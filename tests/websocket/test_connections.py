"""The register of sockets."""

import pytest

from app.accounts.principals import Principal
from app.websocket.connections import GRACE_MS, MOST_TOLD, Connections
from tests.fakes import StoppedClock

ANN = Principal("ann", frozenset({"read"}), user_id=1)
NIGHTLY = Principal("nightly", frozenset({"ingest"}), token_id=2, sender_id=5)
TOKEN = Principal("nightly", frozenset({"ingest"}), token_id=1, expires_at=StoppedClock().now_ms() + 60_000)


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def connections(clock):
    return Connections(clock, most=3)


def test_a_socket_that_does_not_say_who_it_is_becomes_overdue(connections, clock):
    """After the grace period, once; one that authenticated or left is not."""
    for eio_sid in ("silent", "joined", "left"):
        connections.opened(eio_sid)
    connections.joined(("/", "sid"), "joined", ANN)
    connections.closed("left")

    assert connections.overdue() == []
    clock.advance(GRACE_MS)
    assert [connections.overdue(), connections.overdue()] == [["silent"], []]


def test_there_is_room_for_so_many(connections):
    """Who leaves makes room."""
    for name in ("a", "b"):
        connections.joined(("/", name), name, ANN)
    assert not connections.full()
    connections.joined(("/live", "c"), "2", ANN)
    assert connections.full()
    connections.left(("/", "a"))
    assert not connections.full()


def test_of_two_who_come_to_the_last_place_one_is_let_in(connections):
    """Though both had been told that there was room, before it was looked up who they are."""
    for name in ("a", "b"):
        assert connections.joined(("/", name), name, ANN)
    assert not connections.full()
    assert [connections.joined(("/", name), name, ANN) for name in ("c", "d")] == [True, False]
    assert connections.by_namespace() == {"/": 3}


@pytest.mark.parametrize("wait_ms", [0, 5_000], ids=["no room", "too often"])
def test_those_who_are_to_be_refused_may_be_so_many(clock, wait_ms):
    """Whether they say anything or not; each that goes, or is put out, makes room for another."""
    connections = Connections(clock, most=2)
    for name in ("a", "b"):
        assert connections.opened(name)
    crowd = [f"{number}" for number in range(MOST_TOLD)]

    assert all(connections.opened(eio_sid, wait_ms) for eio_sid in crowd)
    assert not connections.opened("one more", wait_ms)
    connections.closed(crowd[0])
    assert connections.opened("one more", wait_ms)
    clock.advance(GRACE_MS)
    assert len(connections.overdue()) == MOST_TOLD + 2
    assert connections.opened("later", wait_ms)


def test_a_socket_is_counted_for_the_first_namespace_it_asks_for(connections):
    """It was when it opened; the second counts by itself."""
    connections.opened("1", 7)

    assert [connections.first_wait_ms("1"), connections.first_wait_ms("1")] == [7, None]


def test_who_may_no_longer_stay_is_found_in_every_namespace(connections):
    """Asking once for each principal."""
    connections.joined(("/", "a"), "1", ANN)
    connections.joined(("/live", "b"), "2", ANN)
    connections.joined(("/", "c"), "3", TOKEN)
    asked = []

    def still_valid(principal):
        asked.append(principal.name)
        return principal is not ANN

    assert set(connections.no_longer_valid(still_valid)) == {"1", "2"}
    assert sorted(asked) == ["ann", "nightly"]


def test_a_token_that_has_run_out_is_found_by_the_clock(connections, clock):
    """No change of the accounts announces it."""
    connections.joined(("/", "c"), "3", TOKEN)

    assert connections.expired() == set()
    clock.advance(60_000)
    assert connections.expired() == {"3"}


def test_a_socket_that_left_its_last_namespace_is_watched_again(connections, clock):
    """One that is still in another is not."""
    connections.joined(("/", "a"), "1", ANN)
    connections.joined(("/live", "b"), "1", ANN)
    connections.left(("/", "a"))
    clock.advance(GRACE_MS)
    assert connections.overdue() == []
    connections.left(("/live", "b"))
    clock.advance(GRACE_MS)
    assert connections.overdue() == ["1"]


def test_a_socket_is_open_while_it_is_in_a_namespace(connections):
    """Neither before it has authenticated nor after it has left the last one."""
    connections.opened("1")
    assert not connections.is_open("1")
    connections.joined(("/", "a"), "1", ANN)
    connections.joined(("/live", "b"), "1", ANN)
    connections.left(("/", "a"))
    assert connections.is_open("1")
    connections.left(("/live", "b"))
    assert not connections.is_open("1")


def test_whoever_is_on_a_socket_says_from_where_it_is_gone_on_with(connections):
    """Each of them; who has not said who they are, or has left, says nothing."""
    bound = [Principal(f"{n}", frozenset(), token_id=n, allowed=(f"10.{n}.0.0/16", "192.0.2.1/32")) for n in (1, 2)]
    places = ("10.1.0.1", "10.2.0.1", "192.0.2.1", "")

    def admitted():
        return [connections.admits("1", place) for place in places]

    assert admitted() == [True] * 4
    for name, one in zip("ab", bound, strict=True):
        connections.joined(("/", name), "1", one)
    assert admitted() == [False, False, True, False]
    connections.left(("/", "a"))
    assert admitted() == [False, True, True, False]
    connections.left(("/", "b"))
    assert admitted() == [True] * 4


def test_each_sender_s_sockets_can_be_told(connections):
    """Those over which it sends, not those over which it looks on; who has no sender has none."""
    connections.joined(("/", "a"), "1", NIGHTLY)
    connections.joined(("/live", "b"), "2", NIGHTLY)
    connections.joined(("/", "c"), "3", ANN)

    assert connections.by_sender() == {5: {"1"}}
