"""Wall screens: dashboards take turns, as the address says."""

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.dashboard.conftest import House


def wall(house: House, path: str) -> Any:
    """What the page tells the script of a wall screen."""
    block = re.search(r'<script type="application/json" id="page">(.+?)</script>', house.page(path))
    assert block
    return json.loads(block[1])["wall"]


def test_dashboards_take_turns(house: House):
    """Each leads to those after it, the whole round, and carries the filters along."""
    there = "/dashboards/workers?source=ebay.com&wall=1&rotate=overview,workers,traffic&every=60"
    told = wall(house, there)

    assert [re.match(r"/dashboards/(\w+)\?source=ebay.com&wall=1&rotate=", one)[1] for one in told["next"]] == [  # type: ignore[index]
        "traffic",
        "overview",
    ]
    assert told["everyMs"] == 60_000
    assert f'content="60; url={told["next"][0]}"' in unescape(house.page(there))


@pytest.mark.parametrize("rest", ["", "&rotate=overview", "&rotate=,,", "&every=0&rotate=overview"])
def test_one_alone_stays(house: House, rest: str):
    """And half a minute is what is meant where nothing that may be is said."""
    assert wall(house, f"/dashboards/overview?wall=1{rest}") == {"next": [], "everyMs": 30_000}
    assert '<noscript><meta http-equiv="refresh" content="30">' in house.page(f"/dashboards/overview?wall=1{rest}")


def test_a_wall_goes_on_where_the_next_dashboard_was_deleted(house: House):
    """It may have no script that would look before; what is no wall, or has nowhere to go, is told there is none."""
    turns = "wall=1&rotate=gone,workers,lost,traffic&every=60"
    answers = {one: house.client.get(f"/dashboards/{one}?source=a&{turns}") for one in ("gone", "lost")}

    assert {one: (told.status_code, told.location) for one, told in answers.items()} == {
        "gone": (302, f"/dashboards/workers?source=a&{turns}"),
        "lost": (302, f"/dashboards/traffic?source=a&{turns}"),
    }
    house.page("/dashboards/gone?rotate=gone,workers", 404)
    house.page("/dashboards/gone?wall=1&rotate=gone,lost", 404)


def test_a_page_that_is_no_wall_has_nothing_of_it(house: House):
    """Neither its script nor its clock."""
    assert wall(house, "/dashboards/overview") is None
    assert "wall.js" not in house.page("/dashboards/overview")
    page = house.page("/dashboards/overview?wall=1")
    assert 'id="wall-clock"' in page


@pytest.mark.parametrize(
    ("chosen", "target"),
    [
        ("id=workers&id=traffic&every=15", "/dashboards/workers?wall=1&rotate=workers,traffic&every=15"),
        ("id=workers&every=nonsense", "/dashboards/workers?wall=1&every=30"),
        ("", "/dashboards"),
    ],
)
def test_a_wall_is_hung_from_the_list(house: House, chosen: str, target: str):
    """The form of the list leads to the first of those that were chosen."""
    assert 'action="/wall"' in house.page("/dashboards")
    answer = house.client.get(f"/wall?{chosen}")

    assert (answer.status_code, answer.location) == (302, target)


def test_no_page_takes_the_place_of_a_dashboard(house: House):
    """Whatever a file is called, its dashboard can be opened: a wall's is likely to be called so."""
    rules = [rule.rule for rule in house.client.application.url_map.iter_rules()]

    assert [rule for rule in rules if re.fullmatch(r"/dashboards/[\w-]+", rule)] == []
