"""A real Chromium whose user has signed in to the server under measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import BrowserContext, sync_playwright

from bench.target import PASSWORD
from tests import parts
from tests.server import Server

FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--enable-precise-memory-info")


@contextmanager
def signed_in(server: Server) -> Iterator[BrowserContext]:
    """A browser for the block.

    Raises:
        RuntimeError: there is none.
    """
    executable = parts.chromium()
    if executable is None:
        raise RuntimeError("There is no Chromium; `python -m tests.parts` obtains one")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=executable, args=FLAGS) as browser:
        context = browser.new_context(base_url=server.address, viewport={"width": 1360, "height": 900})
        page = context.new_page()
        page.goto("/login")
        page.locator("[name=username]").fill("admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form button.primary").click()
        page.locator("#connection").wait_for()
        page.close()
        yield context
