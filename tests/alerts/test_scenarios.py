"""Six stories of six hours, evaluated every 10 s: how many messages people get, by a seeded generator of our own.

Every story is told twice: with a short `for`, as it is suggested, and with none, as in an AlertConfig.
"""

import random
from collections.abc import Callable, Mapping

import pytest

from app.alerts.backtest import Play
from app.alerts.rules import parse
from app.storage.base_series import Labels
from tests.alerts.conftest import CONFIG

STEP_MS = 10_000
HOURS_MS = 6 * 3_600_000
BAD, GOOD = 20.0, 3.0
Figures = Mapping[Labels, float | None]
Story = Callable[[random.Random], Callable[[int], Figures]]
TOLD = {**CONFIG, "cooldown": 300_000, "groupWait": 30_000, "keepFiringFor": 120_000}
SUGGESTED = {**TOLD, "for": 30_000}


def between(spans: list[tuple[int, int]], at_ms: int) -> bool:
    return any(begin <= at_ms < end for begin, end in spans)


def flapping(chance: random.Random) -> Callable[[int], Figures]:
    """Bad and good in turn, 20 to 60 s each, for two hours."""
    spans, at_ms = [], 3_600_000
    while at_ms < 3 * 3_600_000:
        bad_ms = chance.randint(20_000, 60_000)
        spans.append((at_ms, at_ms + bad_ms))
        at_ms += bad_ms + chance.randint(20_000, 60_000)
    return lambda now_ms: {(): BAD if between(spans, now_ms) else GOOD}


def gaps(chance: random.Random) -> Callable[[int], Figures]:
    """Bad for 110 minutes, and each ten minutes nothing is heard for 30 to 90 s."""
    silent = [(at_ms, at_ms + chance.randint(30_000, 90_000)) for at_ms in range(4_200_000, 10_200_000, 600_000)]

    def figures(now_ms: int) -> Figures:
        value = BAD if 3_600_000 <= now_ms < 10_200_000 else GOOD
        return {(): None if between(silent, now_ms) else value}

    return figures


def lasting(_chance: random.Random) -> Callable[[int], Figures]:
    """Bad from the tenth minute to the end."""
    return lambda now_ms: {(): BAD if now_ms >= 600_000 else GOOD}


def one_cause(chance: random.Random) -> Callable[[int], Figures]:
    """Fifty jobs that one cause hits within a minute, and leaves half an hour later within another."""
    spans = {
        (("job", str(number)),): (3_600_000 + chance.randint(0, 60_000), 5_400_000 + chance.randint(0, 60_000))
        for number in range(50)
    }
    return lambda now_ms: {labels: BAD if between([span], now_ms) else GOOD for labels, span in spans.items()}


def spikes(chance: random.Random) -> Callable[[int], Figures]:
    """Twenty spikes of 20 s."""
    begins = [chance.randint(0, 1_000_000) + number * 1_080_000 for number in range(20)]
    return lambda now_ms: {(): BAD if between([(at_ms, at_ms + 20_000) for at_ms in begins], now_ms) else GOOD}


def silent(_chance: random.Random) -> Callable[[int], Figures]:
    """A worker that says nothing from the second hour on."""
    return lambda now_ms: {(): GOOD if now_ms < 3_600_000 else None}


def told(story: Story, config: Mapping[str, object], seed: int) -> tuple[int, int]:
    """Problem messages, and messages that it is over."""
    play, figures = Play(parse(config)), story(random.Random(seed))
    for now_ms in range(0, HOURS_MS, STEP_MS):
        play.step(figures(now_ms), now_ms)
    problems = sum(count for kind, count in play.messages.items() if kind != "resolved")
    return problems, play.messages.get("resolved", 0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("story", "expected"),
    [(flapping, (1, 1)), (gaps, (1, 1)), (lasting, (2, 0)), (spikes, (0, 0)), (silent, (0, 0))],
    ids=["flapping", "gaps in the data", "a long incident", "spikes", "a silent worker"],
)
def test_a_short_wait_tells_what_matters_once(story: Story, expected: tuple[int, int], seed: int):
    """A flap is one incident, a gap none, a long incident is reminded of once in four hours, spikes wake nobody."""
    assert told(story, SUGGESTED, seed) == expected


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("config", [SUGGESTED, TOLD], ids=["for 30 s", "for 0"])
@pytest.mark.statement(55)
def test_fifty_jobs_of_one_cause_are_one_incident(config: Mapping[str, object], seed: int):
    """Told when they are gathered, and once more for those that came later; and once that it is over."""
    scoped = {**config, "scope": ["job"]}

    assert told(one_cause, scoped, seed) == (2, 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_silent_worker_is_told_once_by_the_rule_on_lost_jobs(seed: int):
    """Silence is no figure, so it has a rule of its own, and stays told while the worker stays silent."""
    rule = {**SUGGESTED, "condition": {"event": "job_lost"}, "for": 0, "repeatInterval": 0}

    def lost(_chance: random.Random) -> Callable[[int], Figures]:
        return lambda now_ms: {(("job", "1"),): float(now_ms >= 3_660_000)}

    assert told(lost, rule, seed) == (1, 0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("story", "most"),
    [(flapping, (1, 1)), (gaps, (1, 1)), (lasting, (2, 0)), (spikes, (20, 20)), (silent, (0, 0))],
    ids=["flapping", "gaps in the data", "a long incident", "spikes", "a silent worker"],
)
@pytest.mark.statement(55)
def test_without_a_wait_each_spike_is_told_once(story: Story, most: tuple[int, int], seed: int):
    """An AlertConfig as it is, its cooldown five minutes: never a second message of one trouble, and none missed."""
    problems, ends = told(story, TOLD, seed)

    assert problems <= most[0]
    assert ends <= most[1]
    assert bool(problems) == bool(most[0])
