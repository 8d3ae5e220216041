"""A real Scrapy spider crawls the sample shop: what it counts is what everyone sees, even if the server is killed."""

import csv
import io
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from demo.shop import Shop
from tests.e2e.browsing import SERVERLESS, enter, live
from tests.e2e.seed import client_environment
from tests.server import ROOT

JOB = "nightly/collectables-7"
PATIENCE_MS = 60_000
ITEMS = "SELECT count(*), count(DISTINCT events.id), count(DISTINCT data) FROM events JOIN jobs ON job_key = jobs.key"


class Crawl:
    """The spider of the demo in a process of its own, as `make demo` starts it.

    Args:
        delay: seconds between two requests.
    """

    def __init__(self, shop: Shop, variables: dict[str, str], log: Path, delay: float) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "runspider", "demo/spider.py", "-a", f"shop={shop.url}"),
                *("-s", 'ADDONS={"scrapewatch.scrapy.Addon": 0}', "-s", "SCRAPEWATCH_SOURCE=sample-shop"),
                *("-s", f"SCRAPEWATCH_JOB_ID={JOB}", "-s", f"DOWNLOAD_DELAY={delay}", "-s", f"LOG_FILE={log}"),
            ],
            cwd=ROOT,
            env=variables,
        )

    def item_scraped_count(self) -> int:
        """Scrapy's own figure, once the crawl has ended well."""
        assert self.process.wait(90) == 0
        found = re.search(r"'item_scraped_count': (\d+)", self.log.read_text())
        assert found
        return int(found[1])


@pytest.fixture
def crawl(server, environment, tmp_path):
    """Starts a crawl; it runs no longer than the test."""
    started: list[Crawl] = []

    def start(shop: Shop, delay: float = 0) -> Crawl:
        variables = client_environment(server, environment)
        started.append(Crawl(shop, variables, tmp_path / "scrapy.log", delay))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
def seen(server, environment, tmp_path):
    """The number of the job's items in each place where one may look, once the job has ended."""

    def look() -> dict[str, int]:
        token = environment["READ_TOKEN"]
        job = server.json(f"/api/v1/jobs/{JOB}", token=token)
        exported = server.request(f"/export/events.csv?job={JOB}&type=item_scraped&fields=url", token=token)[1]
        database = sqlite3.connect(tmp_path / "scrapewatch.db")
        rows, ids, items = database.execute(f"{ITEMS} WHERE jobs.id = ? AND type = 'item_scraped'", [JOB]).fetchone()
        database.close()
        assert (job["status"], job["attempt"]) == ("completed", 1)
        return {
            "API": job["items"],
            "the spider's word": job["itemsReported"],
            "rows": rows,
            "ids": ids,
            "different items": items,
            "CSV": len(list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"))))),
        }

    return look


def test_every_count_is_scrapy_s_own(crawl, seen, signed_in):
    """On the page, in the API, in the database and in the CSV, whatever goes wrong in the shop."""
    with Shop(per_category=12, faults={"404": 0.1, "500": 0.1, "blocked": 0.05, "slow": 0}) as shop:
        count = crawl(shop).item_scraped_count()
    page = live(signed_in, f"/jobs/{JOB}")

    assert 100 < count < 144
    assert set(seen().values()) == {count}
    assert page.locator('[data-figure="items"]').all_inner_texts() == [str(count), str(count)]
    assert page.locator('[data-sub="items"]').inner_text() == f"scraper says {count}"
    page.goto("/jobs")
    expect(page.locator(f'tr[data-job="{JOB}"] [data-cell="items"]')).to_have_text(str(count))


def test_a_killed_server_costs_nothing(crawl, seen, server, visit, environment):
    """`kill -9` in mid-crawl and a restart: the crawl ends well, all is there once, and the open page has caught up."""
    page = live(enter(visit(server, excuses=SERVERLESS), environment), "/jobs")
    with Shop(per_category=8, faults=dict.fromkeys(("404", "500", "429", "slow", "blocked", "vanished"), 0)) as shop:
        running = crawl(shop, delay=0.2)
        page.get_by_role("button", name="1 new job").click()
        page.get_by_role("link", name="sample-shop").click()
        page.evaluate("() => { window.sameDocument = true; }")
        items = page.locator('dl [data-figure="items"]')
        expect(items).to_have_text(re.compile(r"[1-9]\d"), timeout=PATIENCE_MS)
        server.kill()
        expect(page.locator("#connection")).to_have_attribute("data-state", "connecting")
        expect(page.locator("#retry")).to_contain_text(re.compile(r"Next try in \d+ s|Trying to reach the server"))
        page.get_by_role("button", name="Try now").click()
        assert running.process.poll() is None
        server.start()
        expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
        expect(page.locator("#retry")).to_be_hidden()
        count = running.item_scraped_count()

    expect(items).to_have_text(str(count), timeout=PATIENCE_MS)
    expect(page.locator('#status [data-status="completed"]')).to_be_visible()
    assert count == 96
    assert set(seen().values()) == {count}
    assert page.evaluate("window.sameDocument")
