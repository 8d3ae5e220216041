"""Whatever people and scrapers send, in a real browser: every text of the corpus is shown as text, everywhere."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.accounts.links import signed_path
from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.e2e import everywhere
from tests.e2e.boards import PLOTS, frame
from tests.e2e.browsing import Visit, dismiss, enter, live
from tests.e2e.hostile import AGENT, FOREIGN, JOB, MARKUP, events, figures, tell, write_down
from tests.server import Server

NEVER_MS = 4_000_000_000_000
ASKED = (
    "/jobs?q=", "/jobs?status=", "/events?q=", "/events?type=", "/explore?metric=", "/explore?query=", "/login?next=",
    "/settings/audit?q=", "/settings/notices?channel=", "/alerts?state=", "/alerts/rules/new?metric=",
    "/invitation?name=", "/settings/channels/new?type=", "/nowhere/",
)  # fmt: skip
"""Addresses that show what follows."""


@pytest.fixture
def admin_token(sqlite_url: str) -> str:
    """Of a program with a bad name."""
    with closing(Database(sqlite_url)) as database:
        return Accounts(SqlAccountStore(database), CLOCK).tokens.create(MARKUP[0], "admin")[1]


@pytest.fixture
def context(admin_token: str, one_server: Server, visit: Visit) -> Iterator[BrowserContext]:
    """A browser with a bad name, in which no dialog opens."""
    dialogs: list[str] = []
    opened = visit(one_server, excuses=["status of 404", "status of 400"], user_agent=AGENT)
    opened.on("dialog", lambda dialog: dismiss(dialog, dialogs))
    yield opened
    assert dialogs == []


@pytest.mark.statement(32)
def test_no_text_becomes_more_than_text(
    context: BrowserContext, one_server: Server, environment: Mapping[str, str], admin_token: str
):
    """No dialog, no foreign node, no violation: as it comes on open pages, and on every page that there is."""
    assert tell(one_server, environment, figures()) > len(MARKUP)
    number = write_down(one_server, admin_token)
    jobs = enter(context, environment)
    paths = (f"/jobs/{JOB}", "/", "/alerts", f"/dashboards/{number}")
    job, overview, alerts, board = (live(context.new_page(), path) for path in paths)
    live(jobs, "/jobs")

    assert tell(one_server, environment, events()) > len(MARKUP) * 4
    for text in MARKUP:
        expect(job.locator("#items li", has_text=text).first).to_be_visible()
        expect(alerts.get_by_text(text).first).to_be_visible()
    expect(jobs.get_by_role("button", name="new job")).to_be_visible()
    expect(frame(board, "line").locator(PLOTS["line"]).first).to_be_attached()
    for page in (jobs, job, overview, alerts, board):
        look(page)
    jobs.get_by_role("button", name="new job").click()
    for text in MARKUP:
        expect(jobs.locator("tr[data-job]", has_text=text).first).to_be_visible()
    look(jobs)
    for path in addresses(one_server, number):
        answer = jobs.goto(path)
        assert answer
        assert answer.ok or path == everywhere.MISSING or path.startswith(ASKED), path
        look(jobs)


def addresses(server: Server, number: str) -> Iterator[str]:
    """Every page, of what holds the texts, and with them in the address."""
    mine = {everywhere.JOB: JOB, "failed-0": "live-0", "/dashboards/overview": f"/dashboards/{number}"}
    for path in everywhere.paths():
        for ordinary, hostile in mine.items():
            path = path.replace(ordinary, hostile)  # noqa: PLW2901
        is_signed = path.startswith("/notices/")
        yield signed_path(path, NEVER_MS, server.environment["SECRET_KEY"]) if is_signed else path
    yield from (f"{path}{quote(''.join(MARKUP), safe='')}" for path in ASKED)
    yield from (f"/jobs/{quote(text, safe='')}" for text in MARKUP[:2])
    yield from (f"/alerts/rules/{rule}" for rule in (3, 4))
    yield from ("/settings/channels/1", "/explore?metric=pages&by=shop", "/dashboards", f"/dashboards/{number}?wall=1")


def look(page: Page) -> None:
    """Nothing in it runs."""
    assert page.evaluate(FOREIGN) == [], page.url
