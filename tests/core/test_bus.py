"""Components meet on the bus."""

from functools import partial

from app.core.bus import Bus


def test_subscribers_are_called_in_the_order_in_which_they_came():
    """The order stands in one place: where they subscribe."""
    bus = Bus()
    heard: list[tuple[str, int]] = []
    for name in "abc":
        bus.subscribe("topic", partial(lambda name, message: heard.append((name, message)), name))
    bus.publish("topic", 1)
    bus.publish("another topic", 2)

    assert heard == [("a", 1), ("b", 1), ("c", 1)]


def test_a_subscriber_that_fails_stops_no_other(caplog):
    """Its failure is in the log, with its stack."""
    bus = Bus()
    heard: list[int] = []
    bus.subscribe("topic", lambda message: 1 / 0)
    bus.subscribe("topic", heard.append)
    bus.publish("topic", 1)

    assert heard == [1]
    assert "ZeroDivisionError" in caplog.text
