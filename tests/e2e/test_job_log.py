"""A long log in a browser: followed, left, searched, and quiet once its job has ended."""

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.boards import send
from tests.e2e.browsing import Visit, enter, live
from tests.e2e.seed import COMPLETED, JOB, STARTED, event
from tests.server import Server

LEVELS = ("debug", "info", "warning", "error")
CURSORS = "() => [...document.querySelectorAll('#log-lines li')].map((line) => Number(line.id.slice(1)))"
SELECT = "() => getSelection().selectAllChildren(document.querySelector('#log-lines li:last-child .msg'))"


def log(first: int, count: int) -> list[dict[str, Any]]:
    """Lines of all levels."""
    numbers = range(first, first + count)
    return [event("log", {"level": LEVELS[n % 4], "message": f"line {n} of the crawl"}) for n in numbers]


def opened(server: Server, environment: Mapping[str, str], visit: Visit, lines: int) -> Page:
    """The log of a job with so many lines."""
    send(server, environment, event("job_started", STARTED))
    for first in range(0, lines, 400):
        send(server, environment, *log(first, 400))
    return live(enter(visit(server), environment), f"/jobs/{JOB}?tab=log")


def last(page: Page) -> Any:
    """The line at the end."""
    return page.locator("#log-lines li:last-child .msg")


def test_a_log_is_followed_until_one_scrolls_up(one_server, environment, visit):
    """New lines are counted while one reads above, older ones come as one goes on, and End leads back without a gap."""
    page = opened(one_server, environment, visit, 2_800)
    jump, box = page.locator("#jump"), page.locator("#log")
    expect(last(page)).to_have_text("line 2799 of the crawl")
    send(one_server, environment, *log(2_800, 10))
    expect(last(page)).to_have_text("line 2809 of the crawl")
    expect(page.locator('[data-level="info"] span')).to_have_text("704")

    for _ in range(12):
        before = page.locator("#log-lines li").first.get_attribute("id")
        box.evaluate("(log) => { log.scrollTop = 0; }")
        expect(page.locator("#log-lines li").first).not_to_have_attribute("id", before or "")
    top = page.evaluate(CURSORS)
    send(one_server, environment, *log(2_810, 7))
    expect(jump).to_contain_text("7 new lines")

    assert len(top) == 2_000
    assert top == list(range(top[0], top[0] + 2_000))
    page.evaluate("addEventListener('keydown', (event) => { window.isTaken = event.defaultPrevented; })")
    page.keyboard.press("End")
    assert page.evaluate("isTaken") is False  # the page scrolls to its end as well
    expect(last(page)).to_have_text("line 2816 of the crawl")
    expect(jump).to_be_hidden()
    cursors = page.evaluate(CURSORS)
    assert cursors == list(range(cursors[0], cursors[0] + len(cursors)))


def test_selected_text_stays_and_a_pause_holds_the_lines(one_server, environment, visit):
    """What is selected is the same element as before; what came meanwhile is there afterwards."""
    page = opened(one_server, environment, visit, 400)
    page.evaluate(SELECT)
    send(one_server, environment, *log(400, 5))
    expect(page.locator("#jump")).to_contain_text("5 new lines")
    assert page.evaluate("getSelection().toString()") == "line 399 of the crawl"

    page.keyboard.press("p")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    send(one_server, environment, *log(405, 5))
    expect(page.locator("#jump")).to_contain_text("10 new lines")
    expect(last(page)).to_have_text("line 404 of the crawl")
    page.keyboard.press("p")
    expect(last(page)).to_have_text("line 409 of the crawl")


def test_hits_are_walked_through_by_keys_and_lines_have_addresses(one_server, environment, visit):
    """Also where a hit is outside of what is shown; Back leads to where one was."""
    page = opened(one_server, environment, visit, 800)
    page.get_by_role("searchbox", name="Search the log").fill('"line 7 of"')
    page.keyboard.press("Enter")
    expect(page.locator("#hits")).to_have_text("1 of 1")
    expect(page.locator(".is-linked")).to_contain_text("line 7 of the crawl")
    expect(page.locator(".is-linked mark")).to_have_text("line 7 of")
    page.get_by_role("searchbox", name="Search the log").fill('"LINE 1*"')
    page.keyboard.press("Enter")
    expect(page.locator("#hits")).to_have_text("111 of 111")
    page.locator("#log").focus()
    page.keyboard.press("N")
    expect(page.locator("#hits")).to_have_text("110 of 111")
    expect(page.locator(".is-linked")).to_contain_text("line 198 of the crawl")
    page.keyboard.press("n")
    expect(page.locator("#hits")).to_have_text("111 of 111")

    send(one_server, environment, *log(1_000, 2))
    expect(page.locator("#hits")).to_have_text("111 of 113")
    page.keyboard.press("End")
    expect(last(page).locator("mark")).to_have_text("line 1001")

    address = page.url
    page.locator("#levels").get_by_role("link", name="Error").click()
    expect(page.locator("#log-lines .error")).to_have_count(0)
    page.go_back()
    assert page.url == address
    expect(page.locator(".is-linked")).to_contain_text("line 199 of the crawl")


def test_a_page_whose_job_has_ended_asks_nothing_more(one_server, environment, visit):
    """It says in a sentence how the job ended, and turns to a new attempt as soon as that begins."""
    page = opened(one_server, environment, visit, 400)
    send(one_server, environment, event("job_completed", COMPLETED))
    expect(page.locator("#reason")).to_contain_text("Completed after")
    expect(page.locator("#facts")).to_contain_text("Took")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    live(page, page.url)
    page.wait_for_function("() => performance.now() > 6000")
    assert not [address for address in asked if re.search(r"/api/", address)]
    send(one_server, environment, event("job_started", {}))
    expect(page.locator(".job-head")).to_contain_text("attempt 2")
