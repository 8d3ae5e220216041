"""Colours are told apart: the ratios of WCAG 2 between what stands on what, computed from the tokens."""

import pytest

from app.dashboard.tokens import PROMISES, STATES, least, ratio
from app.dashboard.wording import STATUSES


def test_the_ratio_is_that_of_the_standard():
    """Black on white is 21, a colour on itself 1, and the grey that just suffices on white."""
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#123456", "#123456") == 1
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.front)
def test_a_colour_stands_out_from_what_it_stands_on(promise):
    """Texts by 4.5, what is drawn by 3: on pages, sheets, badges, buttons and the bezel, by day and by night."""
    assert promise.need >= 3
    assert all(found >= promise.need for found in least(promise)), least(promise)


def test_every_state_promises_to_be_read():
    """No state of a job has a colour that nobody looked at."""
    assert STATUSES.keys() <= set(STATES)
