"""A person looks after what fires, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.boards import send
from tests.e2e.browsing import Visit, enter, live
from tests.e2e.seed import event
from tests.server import Server

RULE = "high_failure_rate"
PHONE = {"width": 390, "height": 844}
THUMB_PX = 44


@pytest.fixture
def failing(one_server: Server, environment: dict[str, str]) -> Server:
    """A server on which so many jobs fail that a rule fires."""
    send(one_server, environment, *(event("job_failed", {"error": "blocked"}, f"failed-{n}") for n in range(5)))
    return one_server


@pytest.fixture
def phone(failing: Server, visit: Visit, environment: dict[str, str]) -> Page:
    """A phone before the alerts, whose owner has signed in."""
    return live(enter(visit(failing, viewport=PHONE), environment), "/alerts")


def test_an_alert_is_acknowledged_on_the_phone(phone: Page):
    """By a button for a thumb; what is being written stays while the list is renewed; then it stands with its note."""
    row = phone.locator("tr[data-incident]", has_text=RULE)
    expect(row).to_be_visible()
    opens = row.locator("summary")
    box = opens.bounding_box()
    assert box
    assert box["height"] >= THUMB_PX
    opens.click()
    row.get_by_label("Note").fill("proxies are down")
    phone.evaluate("document.dispatchEvent(new CustomEvent('alerts-changed'))")
    expect(row.get_by_label("Note")).to_have_value("proxies are down")
    row.get_by_role("button", name="Acknowledge", exact=True).click()
    phone.wait_for_url("**state=acknowledged")
    expect(row).to_contain_text("admin looks after it: “proxies are down”")
    expect(phone.locator("#pulse")).to_contain_text("None firing")


@pytest.mark.parametrize("address", ["/alerts?state=history", "/settings/audit"])
def test_the_open_tab_is_in_sight_on_the_phone(phone: Page, address: str):
    """Also the last of many."""
    phone.goto(address)

    expect(phone.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)


def test_a_longer_word_covers_nothing_on_the_phone(phone: Page):
    """Beside a user's role, where French says more than English."""
    phone.context.add_cookies([{"name": "language", "value": "fr", "url": phone.url}])
    phone.goto("/settings/users")
    button, state = (
        phone.locator(each).first.bounding_box() for each in ('form[action$="/role"] button', "td .status")
    )

    assert button
    assert state
    assert button["y"] + button["height"] <= state["y"] or button["x"] + button["width"] <= state["x"]


def test_an_incident_is_silenced_and_says_so(phone: Page):
    """Its page fits the phone, draws its metric and tells what happened; the reason stands where it is kept quiet."""
    row = phone.locator("tr[data-incident]", has_text=RULE)
    row.get_by_role("link", name=RULE).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text(RULE)
    expect(phone.locator(".timeline")).to_contain_text("Fires")
    expect(phone.locator(".curve")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.locator("summary", has_text="Silence this").click()
    phone.get_by_label("Reason").fill("the shop moves")
    phone.get_by_role("button", name="Silence this").click()
    expect(phone.locator(".note", has_text="Kept quiet")).to_contain_text("the shop moves")


def test_a_rule_is_written_with_its_meaning_beside_it(phone: Page):
    """The form shows the fields of the chosen condition, and what the rule would do as it is written; it is saved."""
    phone.goto("/alerts/rules/new?metric=items&threshold=")
    expect(phone.get_by_label("Limit")).to_have_attribute("aria-invalid", "true")
    phone.get_by_label("Limit").fill("1000")
    expect(phone.locator("#told")).to_contain_text("When items above 1,000")
    phone.get_by_label("When", exact=True).select_option("no_item")
    expect(phone.get_by_label("Limit")).to_be_hidden()
    phone.get_by_label("No item for").fill("30 min")
    phone.get_by_label("Name").fill("dry shop")
    phone.locator("summary", has_text="What is told").click()
    phone.get_by_label("Reminders at most").fill("2")
    expect(phone.locator("#told")).to_contain_text("brings no item for 30 min")
    expect(phone.locator("#told")).to_contain_text("2 reminders at most")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="Save").click()
    expect(phone.locator("tr[data-rule]", has_text="dry shop")).to_contain_text("brings no item for 30 min")
