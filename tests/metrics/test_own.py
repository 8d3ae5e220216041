"""Users' own metrics, by spider: the latest values, and no more of them than may be."""

from app.metrics.own import MAX_OWN, Own
from app.metrics.spiders import MAX_SPIDERS
from app.storage.base_series import HOUR_MS
from tests.fakes import NOW_MS, event
from tests.metrics.house import House


def told(job_id: str, **values: float):
    """What a job says of its own figures now."""
    return event("metric", job_id, data={"values": values})


def start(job_id: str, query: str):
    return event("job_started", job_id, data={"source": "ebay.com", "query": query})


def test_the_latest_value_counts_whichever_job_sent_it(house: House):
    """Runs of a spider are one; what is of no job stands by itself; names of the house are not the user's to set."""
    house.send(start("a", "cards"), start("b", "cards"), start("c", "stamps"))
    house.send(told("a", queue=1), told("b", queue=2), told("c", queue=3), told("", queue=4, items=9))

    assert house.figures.own_by_spider() == {
        ("queue", "ebay.com: cards"): 2,
        ("queue", "ebay.com: stamps"): 3,
        ("queue", ""): 4,
    }
    assert house.figures.values()["queue"] == 4


def test_they_are_known_after_a_restart(house: House):
    """By spider, too, and for as long as an hour."""
    house.send(start("a", "cards"), told("a", queue=1), told("a", queue=2), told("", depth=3))
    fresh = house.restarted()

    assert fresh.own_by_spider() == {("queue", "ebay.com: cards"): 2, ("depth", ""): 3}
    house.clock.advance(HOUR_MS)
    assert fresh.own_by_spider() == {}


def test_spiders_beyond_the_first_are_one(house: House):
    """As for all other figures by spider."""
    for number in range(MAX_SPIDERS + 1):
        house.send(start(f"j{number}", f"q{number}"), told(f"j{number}", queue=number))

    found = house.figures.own_by_spider()
    assert len(found) == MAX_SPIDERS + 1
    assert found["queue", "other"] == MAX_SPIDERS


def test_what_was_silent_longest_gives_way():
    """A thousand pairs of name and spider are remembered."""
    own = Own(lambda _: True)
    for number in range(MAX_OWN):
        own.take(told("123", **{f"m{number}": 1.0}), "s")
    own.take(told("123", m0=2), "s")
    own.take(told("123", new=3), "s")

    found = own.by_spider(NOW_MS)
    assert len(found) == MAX_OWN
    assert ("m1", "s") not in found
    assert (found["m0", "s"], found["new", "s"]) == (2, 3)
