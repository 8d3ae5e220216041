"""Each text of the corpus in each field, before a real browser: some of them, or by ``make texts`` all."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.e2e.browsing import Visit, dismiss, enter, live
from tests.e2e.hostile import FOREIGN, corpus
from tests.e2e.planted import ASKED, Planter, packs
from tests.server import Server

SOME = 2
"""Packs of texts that `make test` takes, always the same."""
SEED = 8
LISTS = (
    "/", "/jobs", "/events", "/events?type=error", "/events?type=log", "/alerts", "/alerts?state=acknowledged",
    "/alerts?state=history", "/alerts/rules", "/alerts/silences", "/dashboards", "/explore", "/settings/channels",
    "/settings/notices", "/settings/status", "/settings/users", "/settings/tokens", "/settings/audit",
)  # fmt: skip
MOST_PAGES = 400
"""Of one list."""


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """Channels may lead to this machine, where nobody listens."""
    return {**environment, "NOTIFY_ALLOW_PRIVATE": "true"}


@pytest.fixture
def planter(one_server: Server, environment: dict[str, str], sqlite_url: str) -> Planter:
    """Who may fill in every field."""
    with closing(Database(sqlite_url)) as database:
        token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("planter", "admin")[1]
    return Planter(one_server, environment, sqlite_url, token)


@pytest.fixture
def context(one_server: Server, visit: Visit) -> Iterator[BrowserContext]:
    """A browser in which no dialog opens."""
    dialogs: list[str] = []
    opened = visit(one_server, excuses=["status of 404", "status of 400"])
    opened.on("dialog", lambda dialog: dismiss(dialog, dialogs))
    yield opened
    assert dialogs == []


@pytest.mark.statement(32)
@pytest.mark.timeout(7_200)
def test_every_text_is_text_in_every_field(
    context: BrowserContext, planter: Planter, environment: dict[str, str], pytestconfig: pytest.Config
):
    """On open pages as it comes, on every list, and on the page of each thing."""
    every = list(packs(corpus()))
    chosen = every if pytestconfig.getoption("--texts") == "all" else random.Random(SEED).sample(every, SOME)
    page = enter(context, environment)
    planter.begin()
    opened = [live(context.new_page(), path) for path in ("/", "/jobs", "/jobs/pack-0", "/alerts", "/events")]
    shown = [path for number, texts in enumerate(chosen) for path in planter.plant(number, texts)]
    planter.plant_names([text for texts in chosen for text in texts])
    shown += planter.fired(len(chosen), chosen)
    expect(opened[2].locator("#items li").first).to_be_visible()
    found = [wrong for each in opened for wrong in foreign(each)]
    for path in shown:
        answer = page.goto(path, wait_until="load")
        assert answer
        assert answer.ok or path.startswith(ASKED), path
        found += foreign(page)
    found += [wrong for path in LISTS for wrong in listed(page, path)]

    assert found == []


def listed(page: Page, path: str) -> Sequence[str]:
    """What is wrong on a list, to its last page."""
    found: list[str] = []
    for _ in range(MOST_PAGES):
        page.goto(path, wait_until="load")
        found += foreign(page)
        onward = page.locator('main a[rel="next"]')
        if not onward.count():
            break
        path = str(onward.first.evaluate("(link) => link.href"))
    return found


def foreign(page: Page) -> list[str]:
    """What is in the page that must not be."""
    return [f"{page.url}: {wrong}" for wrong in page.evaluate(FOREIGN)]
