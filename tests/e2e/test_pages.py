"""Every page in a real browser: each theme and size, signed out and in, by keyboard, and without scripts."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import enter, live, sign_in
from tests.e2e.seed import COMPLETED, ITEM, JOB, STARTED, event

NOT_FOUND = "status of 404"
UNAUTHORIZED = "status of 401"
WIDTHS = (360, 390, 1280)
LONG = "an-endless-name-without-a-single-gap-" * 4
PAGES = {
    "/": "Overview",
    "/jobs": "Jobs",
    f"/jobs/{JOB}": "ebay.com vintage cards",
    f"/jobs/{LONG}": f"{LONG} {LONG}",
    "/events": "History",
    "/events?type=item_scraped&level=warning": "History",
    "/alerts": "Alerts",
    "/alerts?state=history": "Alerts",
    "/alerts/rules": "Rules",
    "/alerts/rules/new": "New rule",
    "/alerts/silences": "Silences",
    "/settings/status": "Status",
    "/settings/channels": "Channels",
    "/settings/channels/new?type=webhook": "New channel",
    "/settings/notices": "Delivery log",
}


def send(server, environment, *events):
    answer = server.json("/api/v1/events", body=list(events), token=environment["INGEST_TOKEN"])
    assert answer["accepted"] == len(events), answer


@pytest.fixture
def house(one_server, environment):
    """A server that knows jobs in several states, items, errors and an alert."""
    send(
        one_server,
        environment,
        event("job_started", STARTED),
        event("job_progress", {"done": 2, "total": 5, "unit": "pages", "requests": {"total": 9, "failed": 1}}),
        event("item_scraped", ITEM),
        event("error", {"message": "No price on the page", "kind": "LookupError", "url": "https://a.example/1"}),
        event("log", {"level": "warning", "logger": "spider", "message": LONG}),
        event("job_started", {"source": LONG, "query": LONG, "tags": [LONG]}, LONG),
        event("item_scraped", {"title": LONG, "price": "1", "url": f"https://{LONG[:60]}.example/{LONG}"}, LONG),
        event("error", {"message": LONG, "url": LONG}, LONG),
        *(event("job_failed", {"error": "blocked"}, f"failed-{number}") for number in range(5)),
    )
    return one_server


def check(page: Page, address: str, heading: str) -> None:
    """The page answers well, says what it is and is no wider than its window, whatever that becomes."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 850})
    answer = page.goto(address)
    assert answer
    assert answer.ok
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    if page.locator("#connection").count():
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 850})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{address} at {width}: {overflow} px too wide"


@pytest.mark.statement(28)
def test_every_page_fits_every_window(house, environment, visit):
    """Without an error, a violation or a sideways scroll, on a desk and on a phone."""
    context = visit(house)
    page = enter(context, environment)
    for address, heading in PAGES.items():
        check(page, address, heading)
    context.clear_cookies()
    check(page, "/login", "Sign in")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_pages_are_as_dark_as_the_system(house, visit, scheme):
    """Where nobody has chosen a theme."""
    page = visit(house, color_scheme=scheme).new_page()
    page.goto("/login")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")

    assert (sum(colour) < 3 * 128) is (scheme == "dark")


def test_the_first_pages_fit_too(one_server, environment, visit):
    """Before the first event there is a page that says how to send it; lists say that they are empty."""
    page = enter(visit(one_server, color_scheme="light"), environment)
    for address, heading in {
        "/": "Send your first job",
        "/jobs": "Jobs",
        "/events": "History",
        "/alerts": "Alerts",
        "/settings/status": "Status",
        "/settings/channels": "Channels",
        "/settings/notices": "Delivery log",
    }.items():
        check(page, address, heading)


def test_a_page_that_is_not_there(one_server, environment, visit):
    """404 in the house's own look, with a way back."""
    page = enter(visit(one_server, excuses=[NOT_FOUND]), environment)
    for address in ("/nowhere", "/jobs/nowhere"):
        answer = page.goto(address)
        assert answer
        assert answer.status == 404
        expect(page.get_by_text("Status 404")).to_be_visible()
    page.get_by_role("link", name="Go to the overview").click()
    expect(page).to_have_url(f"{one_server.address}/")


def test_signing_in_and_out(one_server, environment, visit):
    """A wrong password is told; the right one leads to the page that was asked for; the way out closes the door."""
    page = visit(one_server, excuses=[UNAUTHORIZED]).new_page()
    page.goto("/events?type=error")
    sign_in(page, environment, password="wrong")
    expect(page.get_by_role("alert")).to_have_text("That name and password do not match.")
    expect(page.get_by_label("User name")).to_have_value("admin")
    expect(page.get_by_label("Password")).to_be_focused()
    sign_in(page, environment)
    expect(page).to_have_url(f"{one_server.address}/events?type=error")
    page.get_by_label("Account: admin").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{one_server.address}/login")

    page.goto("/jobs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_next_never_leads_elsewhere(one_server, environment, visit):
    """An address of another host is no place to go after the login."""
    page = visit(one_server).new_page()
    for elsewhere in ("https://a.example/", "//a.example/", "/\\a.example"):
        page.goto(f"/login?next={elsewhere}")
        sign_in(page, environment)
        expect(page).to_have_url(f"{one_server.address}/")
        page.context.clear_cookies()


def test_by_keyboard(house, environment, visit):
    """The first Tab skips to the content; keys search, go to pages, walk rows and press what names them; `?` lists."""
    page = live(enter(visit(house), environment), "/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.keyboard.type("gj")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    walk(page)
    page.get_by_label("Account: admin").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    switch_off_and_on(page)
    page.keyboard.type("gd")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboards")


def walk(page: Page) -> None:
    """To the search of the list of jobs, through its rows, and to its pause."""
    rows = page.locator("#jobs-table tbody tr")
    page.set_viewport_size({"width": 1280, "height": 300})
    expect(rows.last).to_have_attribute("data-unseen", "")
    rows.last.scroll_into_view_if_needed()
    expect(rows.last).to_be_in_viewport()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search jobs")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("jj")
    expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    page.keyboard.type("xkp")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(rows.first.get_by_role("link").first).to_be_focused()
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")


def switch_off_and_on(page: Page) -> None:
    """Read the list of keys, and have them off for a moment."""
    keys = page.get_by_role("dialog", name="Keys")
    page.locator("body").press("?")
    for one in ("eExport", "pResume", "/Search jobs", "jkNext and previous row", "xSelect the row", "gdDashboards"):
        expect(keys).to_contain_text(one)
    off = page.get_by_label("Keys of one letter work")
    off.uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("?")
    expect(keys).to_be_hidden()
    page.get_by_label("Account: admin").press("Enter")
    page.locator("#show-keys").press("Enter")
    off.check()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_who_chooses_jobs_anew_has_not_chosen_all(house, environment, visit):
    """The box for all that match is empty again after the last chosen row has been let go."""
    page = live(enter(visit(house), environment), "/jobs")
    row = page.locator(f'tr[data-job="{JOB}"]').get_by_role("checkbox")
    every = page.locator('#bulk [name="all"]')
    row.check()
    every.check()
    row.uncheck()
    expect(every).to_be_hidden()
    row.check()

    expect(every).to_be_visible()
    expect(every).not_to_be_checked()


def test_a_pin_is_seen_on_every_page(house, environment, visit):
    """On the job's own, where it was given by the keyboard, and on a list that is open beside it."""
    page = live(enter(visit(house), environment), f"/jobs/{JOB}")
    other = live(page.context.new_page(), "/jobs")
    mark = other.locator(f'tr[data-job="{JOB}"] [data-cell="pinned"]')
    expect(mark).to_be_hidden()
    page.get_by_role("button", name="Pin", exact=True).press("Enter")

    expect(page.get_by_role("button", name="Pinned")).to_have_attribute("aria-pressed", "true")
    expect(mark).to_be_visible()
    page.get_by_role("button", name="Pinned").press("Enter")
    expect(mark).to_be_hidden()


def test_the_theme_is_kept(house, environment, visit):
    """What is chosen in the menu holds on every page, painted so by the server."""
    page = live(enter(visit(house, color_scheme="light"), environment), "/")
    page.get_by_label("Account: admin").click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/jobs")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_without_scripts_everything_can_be_read(house, environment, visit):
    """The login, the tables, an item's link and the filters work where JavaScript is off."""
    page = enter(visit(house, java_script_enabled=False), environment)
    row = page.locator(f'tr[data-job="{JOB}"]')
    expect(row).to_contain_text("ebay.com vintage cards")
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 1 job?")
    page.get_by_role("link", name="Keep them").click()
    row.get_by_role("link").first.click()
    expect(page.locator("#items").get_by_role("link", name=ITEM["title"])).to_have_attribute("href", ITEM["url"])
    expect(page.locator("#log li")).to_have_count(3)
    page.goto("/")
    expect(page.locator(f'#running tr[data-job="{JOB}"]')).to_be_visible()
    page.goto("/events")
    page.get_by_label("job_failed", exact=True).check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("table.events tbody tr:not(.more)")).to_have_count(5)
    page.goto("/alerts")
    expect(page.get_by_text("high_failure_rate").first).to_be_visible()


@pytest.mark.statement(28)
def test_the_policy_holds_in_the_browser(one_server, environment, visit):
    """A script in the page, one from elsewhere, and an event attribute do not run."""
    page = enter(visit(one_server, excuses=["Content Security Policy", "policy violated", NOT_FOUND]), environment)
    page.evaluate("""() => {
      const inline = document.createElement("script");
      inline.textContent = "window.owned = 1";
      document.body.append(inline);
      document.body.insertAdjacentHTML("beforeend", "<img src='/nowhere' onerror='window.owned = 2'>");
    }""")
    with page.expect_event("console", lambda message: "script-src-attr" in message.text):
        page.locator("img").dispatch_event("error")

    assert page.evaluate("window.owned") is None


def test_ages_go_on_while_nothing_comes(one_server, environment, visit):
    """Beside a job that is silent, the time since its last event counts up by itself."""
    send(one_server, environment, event("job_started", STARTED), event("job_completed", COMPLETED))
    page = live(enter(visit(one_server), environment), f"/jobs/{JOB}")
    age = page.locator('time[data-cell="last"]')
    told = [age.inner_text()]
    for _ in range(2):
        expect(age).not_to_have_text(told[-1])
        told.append(age.inner_text())

    assert 2 <= int(told[2].removesuffix(" s")) > int(told[1].removesuffix(" s"))
