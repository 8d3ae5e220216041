"""Every page in a real browser: for everyone, in both themes and languages, on a phone, light and without a jolt."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from shutil import copy

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from app.accounts.links import signed_path
from tests.e2e import everywhere
from tests.e2e.browsing import enter, visiting
from tests.e2e.measuring import NOTE_SHIFTS, shifts, too_wide, violations, weighing
from tests.server import ASYNC_MODES, Server, running, variables

WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
MOST_SHIFT = 0.05
MOST_BYTES = 60_000
MOST_BYTES_WITH_CHARTS = 500_000
SEEN = ("color-contrast", "target-size", "scrollable-region-focusable")
"""What may be other in the dark or on a phone, of all that axe-core looks at."""
NEVER_MS = 4_000_000_000_000

Look = Callable[[str, bool], Page]
"""Opens the address, for whom it is for, with or without scripts."""


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, pytestconfig: pytest.Config
) -> Iterator[Server]:
    """One server for all pages, which nobody has told anything so far."""
    folder = tmp_path_factory.mktemp("house")
    copy(sqlite_template, folder / "scrapewatch.db")
    mode = pytestconfig.getoption("--async-mode") or ASYNC_MODES[0]
    with running({**variables(folder), "ASYNC_MODE": mode}, folder / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def browser_of(browser: Browser, empty: Server) -> Iterator[Callable[[bool, bool], BrowserContext]]:
    """The browser of somebody who is signed in or not; without scripts it asks for French."""
    with ExitStack() as stack:

        @cache
        def found(is_person: bool, has_scripts: bool) -> BrowserContext:
            how = {"java_script_enabled": has_scripts, "reduced_motion": "reduce", "viewport": WIDE}
            context = stack.enter_context(visiting(browser, empty.address, excuses=["status of 404"], **how))
            context.add_init_script(NOTE_SHIFTS)
            if is_person:
                enter(context, empty.environment).close()
            chosen = {"browser-zone": "UTC", "language": "en" if has_scripts else "fr"}
            context.add_cookies(
                [{"name": name, "value": value, "url": empty.address} for name, value in chosen.items()]
            )
            return context

        yield found


@pytest.fixture(scope="module")
def bare(empty: Server, browser_of: Callable[[bool, bool], BrowserContext], axe: str) -> list[str]:
    """What is wrong with pages that have nothing to show."""
    found = []
    with browser_of(True, True).new_page() as page:
        for path in everywhere.EMPTY:
            page.set_viewport_size(WIDE)
            wear(page, empty, "light")
            page.goto(path, wait_until="load")
            expect(page.locator(".empty").first).to_be_visible()
            wide = violations(page, axe)
            page.set_viewport_size(PHONE)
            wear(page, empty, "dark", "fr")
            page.goto(path, wait_until="load")
            found += [f"{path}: {one}" for one in [*wide, *violations(page, axe, *SEEN), *too_wide(page)]]
        wear(page, empty, "light")
    return found


@pytest.fixture(scope="module")
def house(empty: Server, bare: list[str]) -> Server:
    """The same once it has been told enough for each page to have something to show."""
    everywhere.furnish(empty, empty.environment)
    return empty


@pytest.fixture
def look(browser_of: Callable[[bool, bool], BrowserContext]) -> Iterator[Look]:
    """See `Look`; what it opens ends with the test."""
    with ExitStack() as stack:

        def at(path: str, has_scripts: bool) -> Page:
            page = browser_of(not path.startswith(everywhere.OUTSIDE), has_scripts).new_page()
            stack.callback(page.close)
            return page

        yield at


def wear(page: Page, house: Server, theme: str, language: str = "en") -> None:
    """Choose how it looks and speaks for what is opened from now on."""
    chosen = {"theme": theme, "language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": house.address} for name, value in chosen.items()])


def signed(house: Server, path: str) -> str:
    """The address, with a signature where it takes one."""
    if not path.startswith("/notices/"):
        return path
    return signed_path(path, NEVER_MS, house.environment["SECRET_KEY"])


def test_pages_with_nothing_to_show_are_for_everyone(bare: list[str]):
    """In English, and in French in the dark on a phone."""
    assert bare == []


@pytest.mark.parametrize("path", everywhere.paths())
def test_a_page_is_for_everyone_and_light(look: Look, house: Server, path: str, axe: str):
    """WCAG 2.2 AA by axe-core, also in the dark and on a phone; little comes for it, and little moves meanwhile."""
    page = look(path, True)
    wear(page, house, "light")
    with weighing(page) as weights:
        page.goto(signed(house, path))
        if page.locator("#connection").count():
            expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        page.wait_for_load_state("networkidle")
        weighed = weights()
    most = MOST_BYTES_WITH_CHARTS if any("plotly" in url for url in weighed) else MOST_BYTES
    moved = shifts(page)
    found = violations(page, axe)
    page.set_viewport_size(PHONE)
    wear(page, house, "dark")
    page.goto(signed(house, path), wait_until="load")
    found += [f"dark, on a phone: {one}" for one in [*violations(page, axe, *SEEN), *too_wide(page)]]

    assert found == []
    assert sum(shift[0] for shift in moved) <= MOST_SHIFT, moved
    assert sum(weighed.values()) <= most, weighed


@pytest.mark.parametrize("path", everywhere.paths())
def test_a_page_is_read_without_a_script(look: Look, house: Server, path: str):
    """On a phone, in French, whose words are longer: it has its heading, and scrolls downward only."""
    page = look(path, False)
    page.set_viewport_size(PHONE)
    page.goto(signed(house, path))

    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert too_wide(page) == []
