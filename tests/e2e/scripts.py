"""Scripts of the pages in a real browser without a server: what they compute, they compute alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, Route

from app.dashboard.assets import FOLDER
from tests.e2e.browsing import visiting

ADDRESS: Final = "http://scripts.test"
SHELL: Final = {"locale": "en", "now": 0, "words": {}}


@contextmanager
def scripted(browser: Browser, **options: Any) -> Iterator[Page]:
    """An empty page that may import every script."""
    with visiting(browser, ADDRESS, **options) as context:
        context.route("**/*", _answer)
        page = context.new_page()
        page.goto("/")
        yield page


def called(page: Page, script: str, name: str, *arguments: Any) -> Any:
    """What the script's function of that name returns."""
    asked = "async ([script, name, given]) => (await import(`/js/${script}.js`))[name](...given)"
    return page.evaluate(asked, [script, name, list(arguments)])


def _answer(route: Route) -> None:
    file = FOLDER / route.request.url.removeprefix(f"{ADDRESS}/")
    if file.is_file():
        route.fulfill(path=file, content_type="text/javascript")
    else:
        block = f'<script type="application/json" id="shell">{json.dumps(SHELL)}</script>'
        route.fulfill(body=f"<!doctype html><title>.</title>{block}", content_type="text/html")
