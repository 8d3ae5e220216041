"""The status page in a real browser: it renews itself, and nothing jumps."""

from playwright.sync_api import expect

from tests.e2e.browsing import enter, live
from tests.e2e.seed import STARTED, event


def test_the_status_renews_itself_in_place(one_server, environment, visit):
    """New figures come into the elements that are there; what was focused stays so."""
    page = live(enter(visit(one_server), environment), "/settings/status")
    received = page.locator(".ledger dd").first
    expect(received).to_have_text("0")
    expect(page.get_by_text("No sender so far")).to_be_visible()
    received.evaluate("element => { element.mark = true; }")
    page.get_by_role("link", name="JSON").focus()

    sent = [event("job_started", STARTED), {"type": "nonsense"}]
    one_server.json("/api/v1/events", body=sent, token=environment["INGEST_TOKEN"])

    expect(received).to_have_text("2", timeout=15_000)
    expect(page.get_by_role("row", name="default")).to_contain_text("unknown_type 1")
    assert received.evaluate("element => element.mark")
    expect(page.get_by_role("link", name="JSON")).to_be_focused()
