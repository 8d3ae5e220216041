"""The dispatcher of threading mode."""

import threading

from app.runtime.threading import open_runtime


def test_a_timer_that_waits_delays_no_post():
    """Nor another timer: each has a thread of its own."""
    runtime = open_runtime(compression=False)
    stuck, may_go, posted, ticked = (threading.Event() for _ in range(4))

    def wait():
        stuck.set()
        may_go.wait(10)

    runtime.every(1, wait)
    runtime.every(1, ticked.set)
    runtime.start()
    try:
        assert stuck.wait(30)
        ticked.clear()
        runtime.post(posted.set)

        assert posted.wait(30)
        assert ticked.wait(30)
    finally:
        may_go.set()


def test_posts_run_in_their_order_and_outlive_a_failure():
    """What is posted after work that fails is done all the same."""
    runtime = open_runtime(compression=False)
    done: list[int] = []
    last = threading.Event()
    for number in range(50):
        runtime.post(done.append, number)
    runtime.post(lambda: 1 / 0)
    runtime.post(last.set)
    runtime.start()

    assert last.wait(30)
    assert done == list(range(50))
