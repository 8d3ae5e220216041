"""When the server last sent somebody away."""

import pytest

from app.ingest.refusals import TROUBLE_MS, Refusals
from app.storage.base import Commit
from tests.fakes import NOW_MS, StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that stands still."""
    return StoppedClock()


def test_a_refusal_is_the_sender_s_own(clock: StoppedClock):
    """Who was never refused has none; the last one counts."""
    refusals = Refusals(clock.monotonic_ms)
    refusals.note(1, "busy")
    clock.advance(500)
    refusals.note(1, "rate_limited")

    assert (refusals.last_ms(1), refusals.last_ms(2)) == (NOW_MS + 500, None)


def test_a_refusal_of_somebody_unknown_is_everybody_s(clock: StoppedClock):
    """It may have been any sender's socket."""
    refusals = Refusals(clock.monotonic_ms)
    refusals.note(1, "busy")
    clock.advance(500)
    refusals.note(None, "too_many_connections")

    assert (refusals.last_ms(1), refusals.last_ms(2)) == (NOW_MS + 500, NOW_MS + 500)


@pytest.mark.parametrize("code", ["storage_full", "storage_down"])
def test_the_store_s_refusals_are_everybody_s(clock: StoppedClock, code: str):
    """Another sender may just be waiting before its next try."""
    refusals = Refusals(clock.monotonic_ms)
    refusals.note(1, code)

    assert refusals.last_ms(2) == NOW_MS


def test_there_is_trouble_until_something_is_stored(clock: StoppedClock):
    """Then the store is well, until it refuses again."""
    refusals = Refusals(clock.monotonic_ms)
    assert refusals.trouble() == ""

    refusals.note(1, "storage_full")
    assert refusals.trouble() == "storage_full"
    refusals.on_commit(Commit([], [], [], 0))
    assert refusals.trouble() == ""
    refusals.note(1, "storage_down")

    assert refusals.trouble() == "storage_down"


def test_trouble_of_which_nobody_complains_any_more_is_over(clock: StoppedClock):
    """No sender has asked for a while."""
    refusals = Refusals(clock.monotonic_ms)
    refusals.note(1, "storage_full")
    clock.advance(TROUBLE_MS)

    assert refusals.trouble() == ""


def test_a_busy_queue_is_no_trouble_of_the_store(clock: StoppedClock):
    """It passes by itself."""
    refusals = Refusals(clock.monotonic_ms)
    refusals.note(1, "busy")

    assert refusals.trouble() == ""
