"""Keys are named by what they press, so that the list of `?` and screen readers know them."""

import re

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.test_pages import run

PAGES = {
    "/": {"t", "g o", "g j", "g a", "g h", "g e", "g d", "g s"},
    "/jobs": {"/", "e", "p"},
    "/events": {"/", "e", "t"},
    "/jobs/shop-1": {"e", "[", "]"},
    "/jobs/shop-1?tab=log&q=slow": {"/", "p", "n", "N"},
    "/dashboards/overview": {"t"},
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_its_keys(house: House, path: str):
    """Each by the element that it presses; no two are one to screen readers, which know no capitals."""
    house.send([*run("shop-1"), *run("shop-2")])
    page = house.page(path)
    named = set(re.findall(r'(?:aria-keyshortcuts|data-keys)="([^"]+)"', page))

    assert PAGES[path] | {"?"} <= named
    to_readers = set(re.findall(r'aria-keyshortcuts="([^"]+)"', page))
    assert len({one.lower() for one in to_readers}) == len(to_readers)
