"""The dead man's switch is called while alerts are evaluated, and only then."""

import logging

import pytest

from app.notify.deadman import EVERY_MS, Deadman
from app.notify.door import Door
from tests.fakes import NOW_MS, StoppedClock
from tests.notify.receivers import Receiver


@pytest.mark.parametrize(
    ("evaluated_at", "calls"),
    [(NOW_MS, 1), (NOW_MS - EVERY_MS + 1, 1), (NOW_MS - EVERY_MS, 0), (None, 0)],
    ids=["just now", "within the minute", "a minute ago", "never"],
)
def test_it_is_called_while_rules_are_evaluated(door: Door, shop: Receiver, evaluated_at: int | None, calls: int):
    """By whichever process; silence is the alarm."""
    Deadman(f"{shop.url}/ping", door, lambda: evaluated_at, StoppedClock()).look()

    assert len(shop.got) == calls


def test_without_an_address_nothing_is_asked(door: Door):
    """Not even when rules were evaluated."""

    def never() -> int:
        raise AssertionError("asked")

    Deadman("", door, never, StoppedClock()).look()


def test_an_address_that_refuses_is_logged(door: Door, shop: Receiver, caplog: pytest.LogCaptureFixture):
    """And called again at the next look."""
    shop.answer = (500, {}, b"no")
    with caplog.at_level(logging.WARNING):
        Deadman(f"{shop.url}/ping", door, lambda: NOW_MS, StoppedClock()).look()

    assert "could not be reached" in caplog.text
