"""The status page in a real browser: it renews itself, and nothing jumps."""

from playwright.sync_api import expect

from app.metrics.register import MAX_LABEL_VALUES
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

    expect(received).to_have_text("2")
    expect(page.get_by_role("row", name="default")).to_contain_text("unknown_type 1")
    assert received.evaluate("element => element.mark")
    expect(page.get_by_role("link", name="JSON")).to_be_focused()

    labels = [{"url": f"https://ebay.com/{number}"} for number in range(MAX_LABEL_VALUES + 7)]
    sent = [event("metric", {"values": {"depth": 1}, "labels": label}) for label in labels]
    one_server.json("/api/v1/events", body=sent, token=environment["INGEST_TOKEN"])

    own = page.get_by_role("region", name="Metrics of your own")
    expect(own.get_by_role("row", name="depth")).to_contain_text("url")
    expect(own).to_contain_text("label_values 7")
    expect(page.get_by_role("row", name="default")).to_contain_text("7 figures beyond a limit")
