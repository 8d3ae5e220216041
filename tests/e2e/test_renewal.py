"""What a dashboard does when its panels can't be renewed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.seed import config, panel
from tests.e2e.boards import frame, imported, run, send
from tests.e2e.browsing import Visit, enter
from tests.server import Server

REFUSED = "The store is full"


@pytest.fixture
def board(shop: Server, visit: Visit, environment, tmp_path: Path) -> Page:
    """A dashboard of one figure, renewed every second, in a browser that may be refused."""
    page = enter(visit(shop, excuses=["status of 401", "status of 503"]), environment)
    whole = config(panel("items", "stats", data={"source": "metrics", "query": "items"}), name="Mine")
    whole["layout"]["refresh"] = 1_000
    imported(page, whole, tmp_path)
    expect(frame(page, "items").locator(".v")).to_have_text("5")
    return page


def test_a_panel_that_is_not_renewed_is_seen_to_be_old(board: Page, shop: Server, environment):
    """The page says why, until it is renewed again; a session that has ended leads to the login."""
    told = board.locator("#problem")
    board.route("**/panels?*", lambda route: route.fulfill(status=503, json={"detail": REFUSED}))
    expect(told).to_have_text(f"What is shown is not up to date: {REFUSED}")
    expect(frame(board, "items")).to_have_class(re.compile("is-stale"))
    board.unroute("**/panels?*")
    send(shop, environment, *run(9, "shop-2"))
    expect(frame(board, "items").locator(".v")).to_have_text("14")
    expect(frame(board, "items")).not_to_have_class(re.compile("is-stale"))
    expect(told).to_be_hidden()
    board.context.clear_cookies()
    board.wait_for_url(re.compile(r"/login\?next=%2Fdashboards%2F\d+$"))
