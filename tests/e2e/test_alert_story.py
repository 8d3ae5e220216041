"""The whole of alerting as one person meets it, by nothing but what the pages show."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.boards import send
from tests.e2e.browsing import Visit, enter
from tests.e2e.seed import event
from tests.notify.receivers import Receiver, receiver
from tests.server import Server

RULE = "deep queue"


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """With receivers on the loopback address allowed."""
    return {**environment, "NOTIFY_ALLOW_PRIVATE": "true"}


@pytest.fixture
def page(one_server: Server, visit: Visit, environment: dict[str, str]) -> Page:
    """Somebody who has just signed in, beside a job that runs and tells how long its queue is."""
    send(one_server, environment, event("job_started", {"source": "ebay.com", "query": "cards"}), queue(40))
    return enter(visit(one_server, viewport={"width": 1280, "height": 800}), environment)


def queue(depth: int) -> dict[str, object]:
    """What a scraper measures of its own."""
    return event("metric", {"values": {"queue.depth": depth}, "labels": {"source": "ebay.com"}}, "")


def test_a_person_is_told_looks_after_it_and_reads_why_it_was_quiet(
    page: Page, one_server: Server, environment: dict[str, str]
):
    """A channel made and tested, a rule made from a chart; what it finds is told, acknowledged, silenced, explained."""
    with receiver() as ops:
        ops.answer = (200, {}, b"thank you")
        makes_a_channel(page, ops)
        makes_a_rule_from_a_chart(page)

        page.get_by_role("link", name="Overview", exact=True).click()
        send(one_server, environment, queue(900))
        expect(page.locator("#pulse")).to_have_text("1 firing")
        told = page.locator(".toast", has_text=RULE)
        expect(told).to_contain_text(re.compile(r'queue\.depth\{source="ebay\.com"\} is \d+, above 50\.'))
        told.hover()  # or it goes while the receiver is waited for
        assert [got.json["kind"] for got in ops.wait(2)[:2]] == ["test", "firing"]

        told.get_by_role("link", name=RULE).click()
        looks_after_it(page)
        silences_it(page)
        reads_why(page)


def makes_a_channel(page: Page, ops: Receiver) -> None:
    """Found from the alerts; the receiver's own answer is shown."""
    page.get_by_role("link", name="Alerts", exact=True).click()
    page.get_by_role("link", name="Channels", exact=True).click()
    page.locator(".page-head summary", has_text="New channel").click()
    page.locator(".page-head").get_by_role("link", name="Webhook").click()
    page.get_by_label("Name").fill("ops")
    page.get_by_label("Address").fill(ops.url)
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator("#result")).to_contain_text("Accepted")
    expect(page.locator("#result")).to_contain_text("thank you")


def makes_a_rule_from_a_chart(page: Page) -> None:
    """Metric, labels, limit and channel are filled in; a name and how often to be reminded are not."""
    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_label("Metric", exact=True).fill("queue.depth")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".plot path.point")).to_have_count(1)
    page.get_by_role("combobox", name="source").select_option("ebay.com")
    expect(page.get_by_role("heading", name="queue.depth, ebay.com").first).to_be_visible()
    page.get_by_role("link", name="Make a rule of it").click()
    expect(page.get_by_label("Metric", exact=True)).to_have_value('queue.depth{source="ebay.com"}')
    expect(page.get_by_label("Limit")).to_have_value("50")
    expect(page.get_by_role("checkbox", name="ops")).to_be_checked()
    expect(page.locator("#told")).to_contain_text("It would not have fired")
    page.get_by_label("Name", exact=True).fill(RULE)
    page.get_by_label("At most one notice in").fill("1 s")
    page.get_by_label("Reminder after").fill("1 s")
    expect(page.locator("#told")).to_contain_text("warning to ops, at most once in 1 s")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("tr[data-rule]", has_text=RULE)).to_contain_text("above 50")


def looks_after_it(page: Page) -> None:
    """On the incident's page, where what was told and answered stands already."""
    expect(page.get_by_role("heading", level=1)).to_have_text(RULE)
    expect(page.locator(".timeline")).to_contain_text("ops accepted “fires”")
    page.locator("summary", has_text="Acknowledge").click()
    page.get_by_label("Note").fill("the proxies are down")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.locator(".note", has_text="admin looks after it")).to_contain_text("“the proxies are down”")
    expect(page.locator("#acknowledged")).to_have_text("1 acknowledged")
    expect(page.locator("#pulse")).to_have_text("None firing")


def silences_it(page: Page) -> None:
    """For half an hour, with a reason."""
    page.locator("summary", has_text="Silence this").click()
    page.get_by_label("Reason").fill("the shop moves")
    page.get_by_role("button", name="Silence this").click()
    expect(page.locator("#silenced")).to_have_text("1 silenced")


def reads_why(page: Page) -> None:
    """In the timeline, in the answer to the question itself, and where silences are."""
    quiet = page.locator(".timeline li", has_text="Not told: “still fires”").first
    expect(quiet).to_contain_text("Silence 1: “the shop moves”")
    expect(page.locator(".kv", has_text="Everybody")).to_contain_text("Silence 1: “the shop moves”")
    page.locator(".note", has_text="Kept quiet").get_by_role("link", name="Silences").click()
    expect(page.locator("tr[data-silence]")).to_contain_text("“the shop moves”, admin")
