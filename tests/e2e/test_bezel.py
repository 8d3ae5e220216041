"""What every page says of the alerts while it is open: its counts, whether anybody looks, and toasts."""

import re
import time
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute, expect

from tests.e2e.boards import send
from tests.e2e.browsing import PATIENCE_MS, Visit, enter, live
from tests.e2e.seed import event
from tests.server import Server

RULE = "high_failure_rate"
LONGER_MS = 9_000
"""Than a toast stays."""
COPY_IN_VAIN = """() => {
  navigator.clipboard.writeText = () => Promise.reject(new Error());
  const button = document.body.appendChild(document.createElement("button"));
  button.dataset.copy = "x";
  button.click();
}"""
SAY = "async ([script, ...said]) => (await import(script)).toast(...said)"
UNFETCHED = "net::ERR_FAILED"
"""What a browser says of a script that a test keeps from it."""
RETRY_MS = 2_000
SETTLED_MS = 10_000
LATE_MS = 20_000
"""Than anybody may wait for the next evaluation."""


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """Whose sockets do not mind a page whose time leaps."""
    return {**environment, "WEBSOCKET_PING_INTERVAL": "600000"}


@pytest.fixture
def context(one_server: Server, visit: Visit, environment: dict[str, str]) -> BrowserContext:
    """Somebody who has signed in."""
    return enter(visit(one_server, excuses=[UNFETCHED]), environment).context


def alert(name: str, severity: str = "warning", state: str = "firing") -> dict[str, object]:
    """A scraper's own alert; the server's come the same way."""
    data = {"name": name, "severity": severity, "state": state, "message": f"{name} is {state}"}
    return event("system_alert", data, "")


def test_a_page_tells_of_each_alert_once(context: BrowserContext, one_server: Server, environment: dict[str, str]):
    """In a toast, of many at a time in one for all; it stays for whoever is at it, and goes by itself or by Esc."""
    page = paused(context)
    toasts, tell = page.locator(".toast"), partial(send, one_server, environment)

    tell(alert("a"), alert("b", "critical"))
    until(page, lambda: toasts.count() == 2)
    expect(page.locator("#toasts-assertive .toast")).to_contain_text("b is firing")
    tell(alert("a", state="resolved"))
    until(page, lambda: toasts.filter(has_text="a is resolved").count() == 1)
    expect(toasts.filter(has_text="a is resolved")).to_have_class("toast ok")
    expect(toasts).to_have_count(2)

    toasts.filter(has_text="a is").hover()
    page.clock.run_for(LONGER_MS)
    expect(toasts).to_have_count(1)
    toasts.get_by_role("button", name="Close").focus()
    page.mouse.move(0, 0)
    page.clock.run_for(LONGER_MS)
    expect(toasts).to_have_count(1)
    page.keyboard.press("Escape")
    expect(toasts).to_have_count(0)

    tell(*(alert(name) for name in "cdef"))
    until(page, lambda: toasts.get_by_role("link", name="4 alerts fire").count() == 1)
    expect(toasts.get_by_role("link", name="4 alerts fire")).to_have_attribute("href", "/alerts")
    expect(toasts).to_contain_text("f, e, d, 1 more")
    tell(alert("c", state="resolved"))
    until(page, lambda: toasts.filter(has_text="3 alerts fire, 1 is over").count() == 1)
    page.clock.run_for(LONGER_MS)
    expect(toasts).to_have_count(0)


def test_earlier_messages_make_room(context: BrowserContext, one_server: Server, environment: dict[str, str]):
    """More than three at a time are those that count most, and one that names and counts the others."""
    page = paused(context)
    toasts = page.locator(".toast")
    earlier, tell = toasts.filter(has_text="earlier message"), partial(send, one_server, environment)
    tell(alert("a", "critical"), alert("b"), alert("c"))
    until(page, lambda: toasts.count() == 3)
    page.evaluate(COPY_IN_VAIN)
    until(page, lambda: earlier.count() == 1)
    expect(earlier).to_have_class("toast warning")
    expect(earlier).to_contain_text("2 earlier messages")
    expect(earlier).to_contain_text("b, c")
    expect(toasts.filter(has_text="a is firing")).to_have_count(1)
    expect(toasts.filter(has_text="The browser did not allow copying")).to_have_count(1)

    tell(alert("b", state="resolved"))
    until(page, lambda: toasts.filter(has_text="b is resolved").count() == 1)
    expect(earlier).to_contain_text("1 earlier message")
    expect(earlier.locator(".sub")).to_have_text("c")


def test_a_toast_that_makes_room_for_another_does_not_end_them(
    context: BrowserContext, one_server: Server, environment: dict[str, str]
):
    """Alerts of which one takes the place of the other's toast are both told, and so is each that comes after them."""
    page = paused(context)
    toasts, tell = page.locator(".toast"), partial(send, one_server, environment)
    with page.expect_response(re.compile(r"/js/toast\.js")) as script:
        tell(alert("x"))
    until(page, lambda: toasts.filter(has_text="x is firing").count() == 1)
    page.evaluate(SAY, [script.value.url, "info", "o"])
    page.evaluate(SAY, [script.value.url, "warning", "p"])
    tell(alert("y"), alert("x", "critical"))
    until(page, lambda: toasts.filter(has_text="y is firing").count() == 1)
    expect(page.locator("#toasts-assertive .toast")).to_contain_text("x is firing")
    tell(alert("z"))
    until(page, lambda: toasts.filter(has_text="z is firing").count() == 1)


def test_alerts_wait_for_the_script_that_shows_them(
    context: BrowserContext, one_server: Server, environment: dict[str, str]
):
    """Where it can't be fetched at first none is lost; it is fetched anyhow once the page has been there a while."""
    page, script = context.pages[0], re.compile("/js/alert-toasts")
    kept: list[Route] = []

    def keep(route: Route) -> None:
        kept.append(route)
        route.abort()

    page.route(script, keep)
    toasts = paused(context).locator(".toast")
    send(one_server, environment, alert("a"))
    until(page, lambda: bool(kept))
    page.unroute(script)
    until(page, lambda: toasts.filter(has_text="a is firing").count() == 1, RETRY_MS // 4)

    page.clock.resume()
    with page.expect_response(script):
        live(page, "/jobs")
        page.clock.fast_forward(SETTLED_MS)


def test_a_closed_toast_is_gone(context: BrowserContext, one_server: Server, environment: dict[str, str]):
    """What comes next of its subject has one of its own, which stays as long as any."""
    page = paused(context)
    toasts, tell = page.locator(".toast"), partial(send, one_server, environment)
    tell(alert("a"))
    until(page, lambda: toasts.count() == 1)
    toasts.get_by_role("button", name="Close").press("Enter")
    expect(toasts).to_have_count(0)

    page.clock.run_for(LONGER_MS // 2)
    tell(alert("a", "critical"))
    until(page, lambda: toasts.count() == 1)
    page.clock.run_for(LONGER_MS // 2)
    tell(alert("a", state="resolved"))
    until(page, lambda: toasts.filter(has_text="a is resolved").count() == 1)
    expect(toasts).to_have_count(1)


def paused(context: BrowserContext) -> Page:
    """A live page whose own time stands still."""
    page = context.pages[0]
    page.clock.install()
    live(page, "/jobs")
    page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
    return page


def until(page: Page, true: Callable[[], bool], step_ms: int = 10) -> None:
    """Wait for it while the page's own time goes by a fifth as fast, lest what it shows goes before it is seen."""
    deadline = time.monotonic() + PATIENCE_MS / 1_000
    while not true():
        assert time.monotonic() < deadline
        page.clock.run_for(step_ms)
        page.wait_for_timeout(50)


def test_open_pages_know_how_the_alerts_stand(context: BrowserContext, one_server: Server, environment: dict[str, str]):
    """What somebody does in one is counted in others, and nothing moves; each says when nobody evaluates any more."""
    page, other = context.pages[0], context.new_page()
    ears = Ears(page)
    page.clock.install()
    live(page, "/jobs")
    before = places(page)
    expect(page.locator("#pulse")).to_contain_text("None firing")
    send(one_server, environment, *(event("job_failed", {"error": "blocked"}, f"failed-{n}") for n in range(5)))
    expect(page.locator("#pulse")).to_contain_text("1 firing")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(page.locator('link[rel="icon"]')).to_have_attribute("href", re.compile("^data:.*%3E1%3C"))

    acknowledge(live(other, "/alerts"))
    expect(page.locator("#acknowledged")).to_have_text("1 acknowledged")
    expect(page.locator("#pulse")).to_contain_text("None firing")
    expect(page).not_to_have_title(re.compile(r"\("))
    silence(other)
    expect(page.locator("#silenced")).to_have_text("1 silenced")
    expect(page.locator("#acknowledged")).to_have_text("0 acknowledged")
    assert places(page) == before

    expect(page.locator("#late")).to_be_hidden()
    ears.are_open = False
    page.clock.run_for(LATE_MS)
    expect(page.locator("#late")).to_contain_text(re.compile(r"Alerts were last evaluated \d+ s ago"))
    ears.are_open = True
    expect(page.locator("#late")).to_be_hidden()


class Ears:
    """What a page hears of how the alerts stand: nothing, while they are not open."""

    def __init__(self, page: Page) -> None:
        self.are_open = True
        page.route_web_socket(re.compile("/socket.io/"), self._relay)

    def _relay(self, line: WebSocketRoute) -> None:
        line.connect_to_server().on_message(lambda said: self._pass_on(line, said))

    def _pass_on(self, line: WebSocketRoute, said: str | bytes) -> None:
        if self.are_open or not str(said).startswith('42/live,["alerts"'):
            line.send(said)


def acknowledge(page: Page) -> None:
    """Say on the list that somebody looks after the only alert there is."""
    page.locator("summary", has_text="Acknowledge").click()
    page.get_by_role("button", name="Acknowledge", exact=True).click()


def silence(page: Page) -> None:
    """Keep it quiet, on its own page."""
    page.get_by_role("link", name=RULE).click()
    page.locator("summary", has_text="Silence this").click()
    page.get_by_label("Reason").fill("the shop moves")
    page.get_by_role("button", name="Silence this").click()


def places(page: Page) -> object:
    """Where everything in the bezel stands."""
    return page.evaluate(
        "[...document.querySelectorAll('.topbar a, #connection')].map((one) => one.getBoundingClientRect().toJSON())"
    )
