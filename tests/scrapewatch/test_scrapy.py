"""Real crawls of the sample shop through the add-on, each a process of its own."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.shop import Shop
from tests.scrapewatch.stand_in import TOKEN, StandIn

ROOT = Path(__file__).resolve().parents[2]
NONE = dict.fromkeys(("404", "500", "429", "slow", "blocked", "layout", "vanished"), 0.0)


class Crawl:
    """A crawl of `shop`, reported to `stand_in`."""

    def __init__(self, stand_in: StandIn, shop: Shop, log: Path) -> None:
        self._stand_in = stand_in
        self._shop = shop
        self._log = log

    def start(self, *options: str, spider: str = "demo/spider.py", url: str | None = None) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "scrapy", "runspider", spider, "-a", f"shop={self._shop.url}"]
        command += ["-s", 'ADDONS={"scrapewatch.scrapy.Addon": 0}', "-s", f"LOG_FILE={self._log}"]
        command += ["-s", "DOWNLOAD_DELAY=0", *options]
        address = self._stand_in.url if url is None else url
        environment = {"SCRAPEWATCH_URL": address, "SCRAPEWATCH_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        environment["SCRAPEWATCH_SPOOL_DIR"] = str(self._log.with_name("spool"))
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    def run(self, *options: str, **how: str) -> None:
        assert self.start(*options, **how).wait(60) == 0

    def events(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self._stand_in.events if event["type"] == event_type]

    def stats(self) -> dict[str, int]:
        """The counters that Scrapy itself logged at the end."""
        found = re.findall(r"'([\w/. ]+)': (\d+)[,}]", self._log.read_text())
        return {name: int(value) for name, value in found}


@pytest.fixture
def shop():
    """A shop of 36 products in which nothing goes wrong by itself."""
    with Shop(per_category=3, faults=NONE) as running:
        yield running


@pytest.fixture
def crawl(stand_in, shop, tmp_path):
    """A crawl that can be run."""
    return Crawl(stand_in, shop, tmp_path / "scrapy.log")


def test_a_crawl_is_told_from_its_start_to_its_end(crawl, shop):
    """36 products on 49 pages: items, progress, host and end agree with Scrapy's own statistics."""
    crawl.run()

    (started,), (ended,) = crawl.events("job_started"), crawl.events("job_completed")
    assert started["data"]["source"] == "127.0.0.1"
    assert started["data"]["query"] == "collectables"
    assert started["jobId"].startswith("collectables-0")
    items = crawl.events("item_scraped")
    assert len(items) == ended["data"]["itemsScraped"] == crawl.stats()["item_scraped_count"] == 36
    assert {item["data"]["url"].split("/")[-1] for item in items} == set(shop.products)
    last = crawl.events("job_progress")[-1]["data"]
    assert (last["done"], last["total"], last["unit"], last["itemsScraped"]) == (49, 49, "pages", 36)
    assert last["requests"] == {"total": 49, "failed": 0, "retried": 0, "pending": 0, "byStatus": {"200": 49}}
    assert last["bytes"]["received"] == crawl.stats()["downloader/response_bytes"]
    assert last["domains"]["127.0.0.1"]["requests"] == 49
    assert 0 < last["latency"]["p50"] <= last["latency"]["p95"]
    worker = crawl.events("worker")[0]["data"]
    assert worker["workers"]["maxConcurrency"] == 8
    assert worker["host"]
    assert ended["data"]["success"] is True
    assert ended["data"]["duration"] > 0
    assert [event["seq"] for event in crawl._stand_in.events] == list(range(1, len(crawl._stand_in.events) + 1))


def test_settings_name_the_job(crawl):
    """Id, source and query are the project's to choose."""
    crawl.run(
        *("-s", "SCRAPEWATCH_JOB_ID=nightly-7", "-s", "SCRAPEWATCH_SOURCE=shop.example", "-s", "SCRAPEWATCH_QUERY=all")
    )

    (started,) = crawl.events("job_started")
    assert started["jobId"] == "nightly-7"
    assert (started["data"]["source"], started["data"]["query"]) == ("shop.example", "all")


def test_what_goes_wrong_is_told(crawl, shop):
    """Pages that are gone, that fail at every try, that are blocked or lost their price."""
    shop.faults.set({"404": 0.2, "500": 0.3, "blocked": 0.2, "vanished": 0.3})
    crawl.run()

    stats = crawl.stats()
    errors = [event["data"] for event in crawl.events("error")]
    kinds = [error["kind"] for error in errors]
    assert kinds.count("http_404") == stats["httperror/response_ignored_status_count/404"] > 0
    assert kinds.count("http_500") == stats["retry/max_reached"] > 0
    assert kinds.count("LookupError") == stats["spider_exceptions/LookupError"] > 0
    assert all(error["url"].startswith(shop.url) for error in errors)
    assert len({error["fingerprint"] for error in errors if error["kind"] == "LookupError"}) == 1
    blocked = next(error for error in errors if error["kind"] == "LookupError")
    assert "parse_product" in blocked["stack"]
    assert any("No price on" in event["data"]["message"] for event in crawl.events("log"))
    requests = crawl.events("job_progress")[-1]["data"]["requests"]
    assert requests["retried"] == stats["retry/count"]
    assert requests["byStatus"]["404"] == stats["downloader/response_status_count/404"]
    (ended,) = crawl.events("job_completed")
    assert ended["data"]["itemsScraped"] == len(crawl.events("item_scraped")) == stats["item_scraped_count"]


def test_a_download_that_is_given_up_is_an_error(crawl, tmp_path):
    """Nobody listens at the address: after its tries the request counts as done and as one error."""
    spider = tmp_path / "lost.py"
    spider.write_text(
        "import scrapy\nclass Lost(scrapy.Spider):\n    name = 'lost'\n    start_urls = ['http://127.0.0.1:1/']\n"
    )
    crawl.run("-s", "RETRY_TIMES=1", spider=str(spider))

    (error,) = crawl.events("error")
    assert "Refused" in error["data"]["kind"] or "Connect" in error["data"]["kind"]
    last = crawl.events("job_progress")[-1]["data"]
    assert (last["done"], last["total"]) == (1, 1)
    assert (last["requests"]["failed"], last["requests"]["retried"]) == (2, 1)
    assert last["domains"]["127.0.0.1"]["requests"] == 2


def test_an_item_that_a_pipeline_chokes_on_is_an_error_and_no_item(crawl, tmp_path):
    """Scrapy does not count it either."""
    spider = tmp_path / "choking.py"
    spider.write_text(
        """
import scrapy

class Choke:
    def process_item(self, item):
        if item["n"] == 1:
            raise KeyError("price")
        return item

class Choking(scrapy.Spider):
    name = "choking"
    custom_settings = {"ITEM_PIPELINES": {Choke: 1}}
    def __init__(self, shop, **arguments):
        super().__init__(**arguments)
        self.start_urls = [shop]
    def parse(self, response):
        yield {"n": 0}
        yield {"n": 1}
"""
    )
    crawl.run(spider=str(spider))

    assert [event["data"]["n"] for event in crawl.events("item_scraped")] == [0]
    assert [event["data"]["kind"] for event in crawl.events("error")] == ["KeyError"]


@pytest.mark.parametrize(
    ("option", "reason"),
    [("CLOSESPIDER_ITEMCOUNT=3", "closespider_itemcount"), ("CLOSESPIDER_PAGECOUNT=5", "closespider_pagecount")],
)
def test_a_crawl_that_a_limit_ended_has_failed(crawl, option, reason):
    """The contract's three endings: what is neither finished nor stopped on purpose is a failure, with its reason."""
    crawl.run("-s", option)

    (ended,) = crawl.events("job_failed")
    assert ended["data"]["reason"] == reason
    assert ended["data"]["success"] is False


def test_a_crawl_that_is_stopped_is_cancelled(crawl, shop, until):
    """SIGTERM in the middle: the last word still arrives, and it says shutdown."""
    process = crawl.start("-s", "DOWNLOAD_DELAY=0.2")
    until(lambda: crawl.events("item_scraped"))
    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    (ended,) = crawl.events("job_cancelled")
    assert ended["data"]["reason"] == "shutdown"
    assert ended["data"]["itemsScraped"] == len(crawl.events("item_scraped"))


def test_a_crawl_leaves_nothing_running_in_its_process(stand_in, shop, run_scraper):
    """Two crawls side by side, one sender: when both are over, all has arrived, and no thread or socket is left."""
    script = f"""
import threading
from scrapy.crawler import CrawlerProcess
from demo.spider import CollectablesSpider

process = CrawlerProcess({{"ADDONS": {{"scrapewatch.scrapy.Addon": 0}}, "DOWNLOAD_DELAY": 0, "LOG_ENABLED": False}})
for _ in range(2):
    process.crawl(CollectablesSpider, shop="{shop.url}")
process.start()
assert not [thread for thread in threading.enumerate() if thread.name == "scrapewatch"], threading.enumerate()
"""
    done = run_scraper(script, stand_in.url)

    assert done.returncode == 0, done.stderr
    assert [event["type"] for event in stand_in.events].count("job_completed") == 2
    assert len(stand_in.headers) == 1


def test_without_an_address_the_add_on_is_off(crawl):
    """The setting can stay in a project that is not watched: no event, no complaint."""
    crawl.run(url="")

    assert crawl.stats()["item_scraped_count"] == 36
    assert crawl._stand_in.headers == []
    assert "scrapewatch" not in crawl._log.read_text().replace("scrapewatch.scrapy.Addon", "")


def test_the_project_keeps_its_own_extensions(crawl, tmp_path):
    """The add-on joins the project's extensions and middlewares; it replaces none."""
    own = json.dumps({"scrapy.extensions.corestats.CoreStats": 5})
    crawl.run("-s", f"EXTENSIONS={own}", "-s", "CLOSESPIDER_ITEMCOUNT=1")

    log = crawl._log.read_text()
    assert "scrapewatch.scrapy.Extension" in log
    assert "scrapy.extensions.corestats.CoreStats" in log
    assert "scrapy.downloadermiddlewares.retry.RetryMiddleware" in log
