"""A wall screen in a real browser: a link with a read token is all that it takes, and all that it opens."""

import re
from base64 import b64encode
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from tests.dashboards.seed import config, panel
from tests.e2e.boards import frame, run, send
from tests.e2e.browsing import Visit, enter, live
from tests.server import Server


@pytest.fixture
def screen(shop: Server, visit: Visit) -> BrowserContext:
    """A browser that has signed in to nothing, and may be refused."""
    return visit(shop, excuses=[f"status of {one}" for one in (401, 403, 404)], viewport={"width": 1280, "height": 900})


@pytest.fixture
def wall(screen: BrowserContext, environment) -> str:
    """The path of a dashboard for a wall, renewed every second."""
    whole = config(
        panel("jobs", "table", "jobs"), panel("items", "stats", data={"source": "metrics", "query": "items"})
    )
    whole["layout"]["refresh"] = 1_000
    admin = b64encode(f"admin:{environment['ADMIN_PASSWORD']}".encode()).decode()
    made = screen.request.post("/api/v1/dashboards", data=whole, headers={"Authorization": f"Basic {admin}"})
    return f"/dashboards/{made.json()['id']}?wall=1"


def link(wall: str, token: str) -> str:
    """What somebody has typed into the screen."""
    return f"/kiosk?next={quote(wall, safe='')}#{quote(token)}"


def test_a_link_is_all_that_a_wall_takes(screen: BrowserContext, shop: Server, wall: str, environment):
    """The token is exchanged once and leaves the address; the panels show and go on being renewed by the cookie."""
    token = environment["READ_TOKEN"]
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    screen.on("request", note)
    page = screen.new_page()
    page.goto(link(wall, token))
    page.wait_for_url(wall)
    expect(frame(page, "items").locator(".v")).to_have_text("5")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    send(shop, environment, *run(9, "shop-2"))
    expect(frame(page, "jobs").locator("tbody tr")).to_have_count(2)
    expect(frame(page, "items").locator(".v")).to_have_text("14")

    assert [one.method for one in asked if urlsplit(one.url).path == "/kiosk"] == ["GET", "POST"]
    assert not [one.url for one in asked if quote(token) in one.url.partition("#")[0]]
    assert token not in page.evaluate("location.href + document.cookie + JSON.stringify(localStorage)")
    page.go_back()
    assert "#" not in page.url
    (cookie,) = [one for one in screen.cookies() if one["name"].startswith("scrapewatch-")]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")


def test_a_wall_shows_dashboards_and_nothing_else(screen: BrowserContext, wall: str, environment):
    """Other pages are refused; it stays a wall, which heals itself, and on which dashboards take turns."""
    page = screen.new_page()
    page.goto(link(wall, environment["READ_TOKEN"]))
    page.wait_for_url(wall)
    for path in ("/", "/jobs", "/events", "/explore", "/alerts", "/settings/status", "/api/v1/jobs", "/metrics"):
        assert screen.request.get(path).status == 403, path
    page.goto("/jobs")
    expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    page.goto(wall)
    expect(frame(page, "jobs").locator("tbody tr")).to_have_count(1)
    expect(page.locator("#wall-clock")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    page.evaluate("dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed' }))")
    assert page.evaluate("sessionStorage.length") == 0  # a notice of the browser troubles no wall
    page.evaluate(
        "() => { window.sameDocument = true; dispatchEvent(new ErrorEvent('error', { error: new Error() })); }"
    )
    page.wait_for_function("() => !window.sameDocument")
    page.clock.install()
    live(page, f"{wall}&rotate=none,overview&every=15")
    page.clock.run_for(2_000)  # it has seen that it is
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.clock.fast_forward(31_000)  # one tick of a tab in the background, which has not slept
    page.wait_for_url(re.compile(r"/dashboards/overview\?wall=1&rotate="))
    assert page.evaluate("sessionStorage.getItem('wall-troubles')") == "1"


def test_a_link_ends_nobody_s_session(shop: Server, visit: Visit, wall: str, environment):
    """Where a person is signed in, it waits for them to say so; a wall that opens its link again needs nobody."""
    page = enter(visit(shop), environment)
    page.goto(link(wall, environment["READ_TOKEN"]))
    expect(page.locator("#somebody")).to_contain_text("You are signed in as admin")
    show = page.get_by_role("button", name="Show")
    expect(show).to_be_focused()
    assert "#" not in page.url
    assert page.request.get("/jobs").status == 200
    show.click()
    page.wait_for_url(wall)
    page.goto(link(wall, environment["READ_TOKEN"]))
    page.wait_for_url(wall)
    expect(frame(page, "items").locator(".v")).to_have_text("5")


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("x" * 40, "There is no such token, or it has ended."),
        ("INGEST_TOKEN", "A wall screen takes a token that may read and do nothing else."),
    ],
)
def test_a_wrong_token_is_told(screen: BrowserContext, wall: str, environment, token: str, told: str):
    """By the page that asks for one, from which the right one still leads to the wall."""
    page = screen.new_page()
    page.goto(link(wall, environment.get(token, token)))
    expect(page.get_by_role("alert")).to_have_text(told)
    expect(page).to_have_url(re.compile("/kiosk$"))
    page.get_by_label("Token").fill(environment["READ_TOKEN"])
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(wall)


def test_a_fragment_that_is_no_encoding_leaves_the_address_too(screen: BrowserContext):
    """Whatever was pasted there might have been meant as a secret."""
    page = screen.new_page()
    page.goto("/kiosk#100%zz")
    expect(page.get_by_role("alert")).to_be_visible()

    assert "zz" not in page.url
