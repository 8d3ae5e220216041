"""A person makes a channel, sees it fail and mends it, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visit, enter
from tests.notify.receivers import Receiver, receiver
from tests.server import Server


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """With receivers on the loopback address allowed."""
    return {**environment, "NOTIFY_ALLOW_PRIVATE": "true"}


@pytest.fixture
def shop() -> Iterator[Receiver]:
    """A receiver that accepts."""
    with receiver() as known:
        yield known


@pytest.fixture
def page(one_server: Server, visit: Visit, environment: dict[str, str]) -> Page:
    """Signed in as the admin; what the server refuses, the browser notes."""
    return enter(visit(one_server, excuses=["status of 400"]), environment)


def test_what_is_wrong_is_said_where_it_is(page: Page, one_server: Server):
    """At the field, while it is written or when it is saved; and the text looks as it will."""
    page.goto(f"{one_server.address}/settings/channels")
    page.locator("summary").get_by_text("New channel").first.click()
    page.get_by_role("link", name="Webhook", exact=True).first.click()
    page.get_by_label("Name").fill("ops")
    page.get_by_label("Address").fill("nonsense")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong")).to_contain_text("must be an address")
    page.get_by_label("Text").fill("{rule} at {colour}")
    expect(page.locator(".wrong")).to_contain_text("there is no {colour}")
    page.get_by_label("Text").fill("{rule} at {value}")
    expect(page.locator("#preview")).to_contain_text("high_failure_rate at 0.42")


def test_a_channel_is_made_tested_and_mended(page: Page, one_server: Server, shop: Receiver):
    """The receiver's own answer is shown, a broken channel is told of until a message arrives, the log has it all."""
    page.goto(f"{one_server.address}/settings/channels/new?type=webhook")
    page.get_by_label("Name").fill("ops")
    page.get_by_label("Address").fill(shop.url)
    page.get_by_label("The end is told").select_option("never")
    shop.answer = (404, {}, b"no such hook")
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator("#result")).to_contain_text("Not accepted")
    expect(page.locator("#result")).to_contain_text("no such hook")

    page.goto(f"{one_server.address}/settings/channels")
    expect(page.locator(".note.error:visible")).to_contain_text("404: no such hook")
    page.get_by_role("link", name="ops", exact=True).click()
    expect(page.get_by_label("Address")).to_have_value("")
    expect(page.get_by_label("The end is told")).to_have_value("false")
    shop.answer = (200, {}, b"thank you")
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator("#result")).to_contain_text("thank you")

    page.goto(f"{one_server.address}/settings/notices")
    expect(page.locator("tr[data-notice]")).to_have_count(2)
    page.goto(f"{one_server.address}/settings/channels")
    expect(page.locator(".note.error:visible")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("tr[data-channel]")).to_have_count(0)
    assert [got.json["kind"] for got in shop.got] == ["test", "test"]
