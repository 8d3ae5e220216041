"""Every step of an instance, by a table of figures and times."""

from dataclasses import replace

import pytest

from app.alerts.rules import parse
from app.alerts.states import GREATEST_GAP_MS, over, reloaded, step
from app.storage.base_alerts import Instance
from tests.alerts.conftest import CONFIG
from tests.fakes import NOW_MS

RULE = parse({**CONFIG, "for": 30_000, "keepFiringFor": 120_000, "resolveThreshold": 8, "staleAfter": 180_000})
AT_ONCE = parse({**CONFIG, "keepFiringFor": 0})
OK = Instance(rule_id=7, labels=(("job", "1"),), value=3)
PENDING = replace(OK, state="pending", since=NOW_MS, starts_at=NOW_MS, value=11, peak=11)
FIRING = replace(PENDING, state="firing", starts_at=NOW_MS - 30_000)
RECOVERING = replace(FIRING, state="recovering", value=4)


@pytest.mark.parametrize(
    ("rule", "before", "value", "after_ms", "changes"),
    [
        (RULE, OK, 10, 0, {"value": 10}),
        (AT_ONCE, OK, 11, 0, {"state": "firing", "since": NOW_MS, "starts_at": NOW_MS, "value": 11, "peak": 11}),
        (RULE, OK, 11, 5, {"state": "pending", "since": NOW_MS + 5, "starts_at": NOW_MS + 5, "value": 11, "peak": 11}),
        (RULE, PENDING, 14, 29_999, {"value": 14, "peak": 14}),
        (RULE, PENDING, 12, 30_000, {"state": "firing", "value": 12, "peak": 12}),
        (RULE, PENDING, 10, 5_000, {"state": "ok", "value": 10}),
        (RULE, FIRING, 9, 5_000, {"value": 9}),
        (RULE, FIRING, 20, 5_000, {"value": 20, "peak": 20}),
        (RULE, FIRING, 8, 5_000, {"state": "recovering", "since": NOW_MS + 5_000, "value": 8}),
        (AT_ONCE, FIRING, 10, 5_000, {"state": "ok", "since": NOW_MS + 5_000, "value": 10}),
        (RULE, RECOVERING, 11, 5_000, {"state": "firing", "value": 11, "flaps": 1}),
        (RULE, RECOVERING, 9, 5_000, {"since": NOW_MS + 5_000, "value": 9}),
        (RULE, RECOVERING, 7, 119_999, {"value": 7}),
        (RULE, RECOVERING, 7, 120_000, {"state": "ok", "value": 7}),
    ],
    ids=[
        "at the threshold nothing holds", "without for it fires at once", "with for it pends", "still pending",
        "fires after for, from the first moment", "a near miss", "between both thresholds it still fires",
        "a worse figure is the peak", "past the resolve threshold it recovers", "without keepFiringFor it is over",
        "a breach while recovering is a flap", "between both thresholds the clock begins anew", "still recovering",
        "over after keepFiringFor",
    ],
)  # fmt: skip
def test_a_figure_moves_an_instance(rule, before, value, after_ms, changes):
    """Nothing but what the row names has changed."""
    assert step(rule, before, value, NOW_MS + after_ms) == replace(before, **changes)


@pytest.mark.parametrize("before", [OK, PENDING, FIRING, RECOVERING], ids=lambda one: one.state)
@pytest.mark.parametrize("after_ms", [0, 86_400_000])
def test_silence_changes_nothing_unless_the_rule_says_so(before, after_ms):
    """It is noted since when nothing is heard; nothing fires, nothing is over, after a day neither."""
    quiet = step(RULE, before, None, NOW_MS)

    assert quiet == replace(before, quiet_since=NOW_MS)
    assert step(RULE, quiet, None, NOW_MS + after_ms) == quiet


@pytest.mark.parametrize("before", [PENDING, RECOVERING], ids=lambda one: one.state)
def test_clocks_are_held_in_silence(before):
    """20 s, then 100 s of silence: the clock stands at 20 s."""
    quiet = step(RULE, before, None, NOW_MS + 20_000)
    heard = step(RULE, quiet, before.value, NOW_MS + 120_000)

    assert (heard.state, heard.since, heard.quiet_since) == (before.state, NOW_MS + 100_000, None)


@pytest.mark.parametrize(
    ("no_data", "before", "silent_ms", "changes"),
    [
        ("ok", FIRING, 179_999, {}),
        ("ok", FIRING, 180_000, {"state": "recovering", "since": NOW_MS + 180_000, "reason": "no_data"}),
        ("ok", RECOVERING, 180_000, {"since": NOW_MS + 180_000, "reason": "no_data"}),
        ("ok", replace(RECOVERING, reason="no_data"), 180_000, {"state": "ok"}),
        ("ok", PENDING, 999_999, {}),
        ("ok", OK, 999_999, {}),
        ("alert", RECOVERING, 180_000, {"state": "firing", "flaps": 1, "reason": "no_data"}),
        ("alert", FIRING, 180_000, {}),
        ("alert", PENDING, 999_999, {}),
        ("alert", OK, 179_999, {}),
        (
            "alert", OK, 180_000,
            {"state": "firing", "since": NOW_MS + 180_000, "starts_at": NOW_MS, "peak": 3, "reason": "no_data"},
        ),
    ],
)  # fmt: skip
def test_lasting_silence_may_be_taken_for_a_figure(no_data, before, silent_ms, changes):
    """For a good one or a bad one, once it has lasted `staleAfter`, with the reason written."""
    rule = replace(RULE, no_data=no_data)
    quiet = replace(before, quiet_since=NOW_MS)

    assert step(rule, quiet, None, NOW_MS + silent_ms) == replace(quiet, **changes)


def test_a_figure_after_silence_that_was_taken_for_bad_recovers():
    """As any good figure does."""
    silent = replace(FIRING, quiet_since=NOW_MS, reason="no_data")

    heard = step(RULE, silent, 2, NOW_MS + 500_000)

    assert (heard.state, heard.since, heard.quiet_since, heard.reason) == ("recovering", NOW_MS + 500_000, None, "")


@pytest.mark.parametrize("reason", ["job_ended", "paused", "rule_deleted"])
def test_an_end_of_another_kind_names_its_reason(reason):
    """Whatever the figure, and at once."""
    assert over(FIRING, reason) == replace(FIRING, state="ok", reason=reason)


@pytest.mark.parametrize("before", [PENDING, RECOVERING], ids=lambda one: one.state)
def test_a_clock_set_back_begins_anew(before):
    """Five minutes back, neither does anything happen too soon nor is the way out five minutes longer."""
    back = step(RULE, before, before.value, NOW_MS - 300_000)

    assert (back.state, back.since) == (before.state, NOW_MS - 300_000)
    assert step(RULE, back, before.value, NOW_MS - 300_000 + 120_000).state != before.state


@pytest.mark.parametrize("before", [PENDING, FIRING, RECOVERING], ids=lambda one: one.state)
def test_clocks_go_on_after_a_short_absence_and_anew_after_a_long_one(before):
    """An hour is the line; what fires, fires."""
    short = reloaded(before, NOW_MS, NOW_MS + GREATEST_GAP_MS)
    long = reloaded(before, NOW_MS, NOW_MS + GREATEST_GAP_MS + 1)

    assert short == before
    assert (long.state, long.since) == (before.state, NOW_MS + (0 if before is FIRING else GREATEST_GAP_MS + 1))


def test_silence_is_counted_from_our_own_start():
    """It may have been the server's own absence: its clock begins anew, and others are held until then."""
    silent = replace(RECOVERING, quiet_since=NOW_MS + 10_000)

    taken = reloaded(silent, NOW_MS + 20_000, NOW_MS + 50_000)

    assert (taken.quiet_since, taken.since) == (NOW_MS + 50_000, NOW_MS + 40_000)
