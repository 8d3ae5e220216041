"""How fast a job has got on lately."""

from app.metrics.pace import SPAN_MS, Pace
from tests.metrics.house import House

MINUTE_MS = 60_000


def steady(minutes: int, done_by_minute: float = 60, every_ms: int = 1_000) -> Pace:
    """One that reports at equal distances."""
    pace = Pace()
    for at_ms in range(0, minutes * MINUTE_MS + 1, every_ms):
        pace.take(at_ms, at_ms * done_by_minute / MINUTE_MS)
    return pace


def test_a_steady_job_has_the_same_pace_however_seldom_it_reports():
    """60 a minute are 0.001 a millisecond, told every second or every minute, and just before the next report, too."""
    for every_ms in (1_000, 60_000):
        pace = steady(20, every_ms=every_ms)

        assert pace.per_ms(20 * MINUTE_MS) == 0.001
        assert pace.per_ms(21 * MINUTE_MS - 1) == 0.001


def test_what_is_older_than_five_minutes_says_nothing():
    """Ten minutes of sixty and five of six are six a minute."""
    pace = steady(10)
    for minute in range(11, 16):
        pace.take(minute * MINUTE_MS, 600 + 6 * (minute - 10))

    assert pace.per_ms(15 * MINUTE_MS) == 6 / MINUTE_MS


def test_silence_slows_it_down_until_nothing_is_left():
    """Four minutes of silence, the first of them free, then more than the whole span."""
    pace = steady(10)

    assert pace.per_ms(14 * MINUTE_MS) == 60 / (4 * MINUTE_MS)
    assert pace.per_ms(10 * MINUTE_MS + SPAN_MS) == 0


def test_less_than_a_minute_says_nothing():
    """Of one that has just begun, has begun to count again, or has never reported, no pace is known."""
    again = steady(10)
    again.take(10 * MINUTE_MS + 1, 0)

    assert steady(1).per_ms(MINUTE_MS) == 0.001
    assert Pace().per_ms(MINUTE_MS) is None
    assert [pace.per_ms(10 * MINUTE_MS + 1) for pace in (steady(0), again)] == [0, None]


def test_a_clock_that_was_set_back_begins_anew():
    """What it said before lies in the future."""
    pace = steady(10)
    pace.take(0, 601)
    pace.take(2 * MINUTE_MS, 721)

    assert pace.per_ms(2 * MINUTE_MS) == 0.001


def test_it_remembers_no_more_than_it_needs():
    """However often a job reports, there are a score of reports to remember."""
    assert len(steady(60, every_ms=100)._marks) <= 22


def test_a_job_is_followed_by_what_it_reports():
    """10 pages a minute; an attempt that begins counts anew, and there is none of a job that is over or unknown."""
    house = House()
    house.say("job_started", total=100)
    for minute in range(3):
        house.say("job_progress", done=10 * minute)
        house.clock.advance(MINUTE_MS)

    assert house.figures.job_pace("123") == 10 / MINUTE_MS
    house.say("job_failed")
    assert house.figures.job_pace("123") is None
    house.say("job_started", total=100)
    assert house.figures.job_pace("123") is None
