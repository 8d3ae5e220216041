"""A real browser as a person uses it, with a book of all that must never happen in it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, expect

FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
TELL_VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}`);
});
"""
SERVERLESS: Final = ("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE")
"""What a browser says while the server is gone."""
PATIENCE_MS: Final = 30_000
"""What `expect` waits for on a machine that does much else; costs nothing where it comes at once."""
LOOK_MS: Final = 20
SLOW_S: Final = 2


class Book:
    """Notes errors, violations of the page's policy, and requests to anybody but the server.

    Args:
        excuses: an error that holds one of these texts is expected.
    """

    def __init__(self, context: BrowserContext, address: str, excuses: Sequence[str]) -> None:
        self.problems: list[str] = []
        self._host = urlsplit(address).netloc
        self._excuses = excuses
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._said)
        context.on("weberror", lambda failure: self.problems.append(f"uncaught: {failure.error}"))
        context.on("request", self._asked)
        context.on("page", lambda page: page.on("websocket", lambda socket: self._addressed(socket.url)))

    def _said(self, message: ConsoleMessage) -> None:
        excused = any(excuse in message.text for excuse in self._excuses)
        if message.type == "error" and not excused:
            self.problems.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Request) -> None:
        self._addressed(request.url)

    def _addressed(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self._host:
            self.problems.append(f"asked another host: {url}")


@contextmanager
def visiting(browser: Browser, address: str, excuses: Sequence[str] = (), **options: Any) -> Iterator[BrowserContext]:
    """A browser of its own, with no cookies yet; fails at its end if anything happened in it that must not."""
    context = browser.new_context(base_url=address, **options)
    book = Book(context, address, excuses)
    try:
        yield context
    finally:
        context.close()
    assert not book.problems, "\n".join(book.problems)


Visit = Callable[..., BrowserContext]
"""Takes a server and the arguments of `visiting`; what it opens ends with the test."""


def sign_in(page: Page, environment: Mapping[str, str], password: str | None = None) -> None:
    """Fill in the form that the page shows and send it."""
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(environment["ADMIN_PASSWORD"] if password is None else password)
    page.get_by_role("button", name="Sign in").click()


def enter(context: BrowserContext, environment: Mapping[str, str]) -> Page:
    """A page whose visitor has signed in by the form; shows the jobs."""
    page = context.new_page()
    page.goto("/jobs")
    sign_in(page, environment)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    return page


def live(page: Page, path: str) -> Page:
    """The same page at `path`, once it is connected."""
    page.goto(path)
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    return page


def dismiss(dialog: Dialog, dialogs: list[str]) -> None:
    """Note what it says, and let the page go on."""
    dialogs.append(dialog.message)
    dialog.dismiss()


def within_a_second(*expected: Locator) -> None:
    """All of these come to be seen within a second from now, by themselves.

    Looks more often than `expect`, whose later looks lie half a second apart. Beside other tests the browser may need
    `SLOW_S` on top, which is still less than any page takes to look again by itself.
    """
    deadline = time.monotonic() + 1 + SLOW_S
    while unseen := [locator for locator in expected if not locator.is_visible()]:
        assert time.monotonic() < deadline, f"not seen within a second: {unseen}"
        unseen[0].page.wait_for_timeout(LOOK_MS)
