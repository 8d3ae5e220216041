"""A thread apart."""

import threading

import pytest

from app.accounts.lane import Lane
from app.core.errors import Unavailable

PATIENCE_S = 30


def test_things_are_done_in_order_in_a_thread_of_their_own():
    """One at a time; a failure reaches who waits for it and stops nothing."""
    lane = Lane("lane", 9)

    first = lane.submit(threading.current_thread)
    broken = lane.submit(int, "x")
    last = lane.submit(threading.current_thread)

    assert first.result(PATIENCE_S) is not threading.current_thread()
    assert isinstance(broken.exception(PATIENCE_S), ValueError)
    assert last.result(PATIENCE_S).name == "lane"


def test_a_full_lane_refuses_at_once():
    """What waits is bounded; when it is done there is room again."""
    lane, begun, gate = Lane("lane", 1), threading.Event(), threading.Event()

    def held() -> bool:
        begun.set()
        return gate.wait(PATIENCE_S)

    now = lane.submit(held)
    assert begun.wait(PATIENCE_S)
    waiting = lane.submit(held)
    with pytest.raises(Unavailable) as refusal:
        lane.submit(held)
    gate.set()

    assert refusal.value.code == "busy"
    assert now.result(PATIENCE_S)
    assert waiting.result(PATIENCE_S)
    assert lane.submit(held).result(PATIENCE_S)
