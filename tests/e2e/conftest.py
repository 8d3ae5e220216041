"""A real browser, a server for it to look at, and somebody who is signed in."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.alerts.defaults import DEFAULTS
from app.storage.base_alerts import RuleRow
from app.storage.sql.alerts import SqlAlertStore
from app.storage.sql.database import Database
from tests.e2e.boards import run, send
from tests.e2e.browsing import FLAGS, PATIENCE_MS, Visit, enter, visiting
from tests.e2e.seed import NodeScraper, client_environment, node_scraper
from tests.server import ASYNC_MODES, Server, running

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def sqlite_url(sqlite_url: str) -> str:
    """A database whose rule about a busy processor is off: where tests run, it would fire of itself."""
    database = Database(sqlite_url)
    rules = [
        RuleRow(name=rule.name, config={**rule.config, "enabled": rule.metric != "system.cpu.usage"})
        for rule in DEFAULTS
    ]
    assert SqlAlertStore(database).add_first_rules(rules)
    database.close()
    return sqlite_url


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium for a module; no longer, since its loop would stand in the way of other tests' `asyncio.run`."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a visitor's browser before a server: see `visiting`."""
    with ExitStack() as stack:

        def open_one(server: Server, **how: Any) -> BrowserContext:
            return stack.enter_context(visiting(browser, server.address, **how))

        yield open_one


@pytest.fixture
def one_server(
    environment: dict[str, str], sqlite_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> Iterator[Server]:
    """The real server in one ASYNC_MODE, for what is the same in both."""
    mode = pytestconfig.getoption("--async-mode") or ASYNC_MODES[0]
    with running({**environment, "ASYNC_MODE": mode}, tmp_path / "server.log") as started:
        yield started


@pytest.fixture
def signed_in(server: Server, visit: Visit, environment: dict[str, str]) -> Page:
    """The page of jobs, before somebody who signed in by the form; the server comes first, to outlive it."""
    return enter(visit(server), environment)


@pytest.fixture
def from_node(node_client: Path, server: Server, environment: dict[str, str]) -> Iterator[NodeScraper]:
    """A scraper in Node, connected to `server`."""
    with node_scraper(node_client, client_environment(server, environment)) as scraper:
        yield scraper


@pytest.fixture
def shop(one_server: Server, environment: dict[str, str]) -> Server:
    """A server to which a job has told of items, requests and an error."""
    send(one_server, environment, *run(5))
    return one_server


@pytest.fixture
def page(shop: Server, visit: Visit, environment: dict[str, str]) -> Page:
    """The page of the shop's jobs, before somebody who signed in by the form and whose mistakes may be refused."""
    excuses = ["status of 400", "status of 409"]
    return enter(visit(shop, excuses=excuses, viewport={"width": 1280, "height": 1400}), environment)
