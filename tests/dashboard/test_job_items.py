"""How often fields of a job's items are filled, looked at by many and while items come."""

import re
from typing import cast

import pytest

from app.dashboard.job_tabs import items
from app.queries import onward
from app.storage.base_search import Found
from app.storage.memory_search import MemorySearchStore
from tests.dashboard.conftest import House
from tests.fakes import StoppedClock, event


def fields(house: House) -> list[str]:
    """Those that the first tab names."""
    return re.findall(r'<span class="clip" title="(\w+)">', house.page("/jobs/123"))


def items_of(*names: str, count: int = items.TOP_SAMPLED):
    """Items with these fields."""
    return [event(data=dict.fromkeys(names, "x")) for _ in range(count)]


def test_all_who_look_are_told_the_same_for_a_while(house: House):
    """Every open page asks again while items come, so what a sample says is made for all at once."""
    house.send([event("job_started"), *items_of("title", count=50)])
    assert fields(house) == ["title"]
    house.send(items_of("price"))
    assert fields(house) == ["price"]
    house.send(items_of("seller"))
    assert fields(house) == ["price"]
    cast("StoppedClock", house.status.clock).advance(items.TOP_KEPT_MS)
    assert fields(house) == ["seller"]
    house.send([*items_of("brand"), event("job_completed")])
    assert fields(house) == ["brand"]


def test_a_sample_holds_so_many_bytes(house: House, monkeypatch: pytest.MonkeyPatch):
    """A thousand items of the greatest length would be 64 MiB, for one page."""
    monkeypatch.setattr(items, "SAMPLE_BYTES", 150 * len(items_of("title")[0].data))
    house.send([event("job_started"), *items_of("title", count=250)])

    assert "in the newest 150 items" in house.page("/jobs/123?tab=items")


def test_a_list_that_items_are_added_to_says_as_of_when_it_is(house: House):
    """Until the job is over; its export, which holds all of them, says no number."""
    house.send([event("job_started"), *items_of("title", count=3)])
    page = house.page("/jobs/123?tab=items")
    assert re.search(r"newest first, as of <time[^>]*>14:32:08<", page)
    assert ">Export all items<" in page
    house.send([event("job_completed")])
    assert "newest first, as of" not in house.page("/jobs/123?tab=items")


def test_what_lies_far_back_can_be_gone_on_to(house: House, monkeypatch: pytest.MonkeyPatch):
    """A look goes through a bounded part of what the job has sent; where that held none, no page denies them."""
    house.send([event("job_started"), *items_of("title", count=3), event("error")])
    monkeypatch.setattr(MemorySearchStore, "search", lambda *_, **__: Found([], 7))
    overview, table = house.page("/jobs/123"), house.page("/jobs/123?tab=items")

    assert re.search(rf'rel="next" href="[^"]*next={onward(7)}"', table)
    assert overview.count("Nothing found among the newest events") == 3
    assert "Nothing found among the newest events" in table
    for page in (overview, table):
        assert not re.search("<strong>No (item|error)</strong>|were counted without being sent", page)
    monkeypatch.setattr(MemorySearchStore, "search", lambda *_, **__: Found([], None))
    assert "<strong>No more items</strong>" in house.page(f"/jobs/123?tab=items&next={onward(7)}")
