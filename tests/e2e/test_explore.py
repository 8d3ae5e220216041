"""What Explore shows is put on a dashboard, beside whatever others put there."""

import re

from playwright.sync_api import Page, Request, Route, expect

from tests.dashboards.seed import config, panel
from tests.e2e.boards import imported, stored
from tests.e2e.browsing import enter


def test_two_who_add_a_panel_at_once_both_add_it(page: Page, shop, visit, environment, tmp_path):
    """The one who is late puts it on what the other has made of the dashboard."""
    imported(page, config(panel("a", "log", "events"), name="Ours"), tmp_path)
    dashboard = page.url
    other = enter(visit(shop), environment)
    held: list[Route] = []
    changes: list[Request] = []

    def hold(route: Route) -> None:
        is_first = route.request.method == "PUT" and not held
        held.append(route) if is_first else route.continue_()

    page.on("request", lambda request: changes.append(request) if request.method == "PUT" else None)
    page.route("**/api/v1/dashboards/*", hold)
    for browser, metric in ((page, "items"), (other, "requests")):
        browser.goto(f"/explore?metric={metric}")
    with page.expect_request(lambda request: request.method == "PUT"):
        page.get_by_role("button", name="Add to the dashboard").click()
    other.get_by_role("button", name="Add to the dashboard").click()
    other.wait_for_url(dashboard)
    held[0].continue_()
    page.wait_for_url(re.compile(r"/dashboards/\d+$"))

    expect(page.locator("[data-panel]")).to_have_count(3)
    panels = stored(page)["layout"]["panels"]
    assert [(one["id"], one["data"].get("query")) for one in panels] == [
        ("a", None),
        ("panel-2", "requests"),
        ("panel-3", "items"),
    ]
    assert len(changes) == 2
