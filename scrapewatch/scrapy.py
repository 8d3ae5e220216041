"""Watches Scrapy crawls; attached by a setting, without touching the project's code.

    ADDONS = {"scrapewatch.scrapy.Addon": 0}
    scrapy crawl prices -s ADDONS='{"scrapewatch.scrapy.Addon": 0}'

Settings, all optional: `SCRAPEWATCH_URL` and `SCRAPEWATCH_TOKEN` (by default from the environment; without
an address nothing happens), `SCRAPEWATCH_JOB_ID` (by default the spider's name and a fresh id),
`SCRAPEWATCH_SOURCE` (the first allowed domain, else the spider's name), `SCRAPEWATCH_QUERY` (the spider's
name).
"""

import logging
from collections.abc import Callable
from typing import Any, Final, Self

from itemadapter import ItemAdapter
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call, run_in_thread
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from scrapewatch.client import Emitter
from scrapewatch.faults import fingerprint
from scrapewatch.ids import uuid7
from scrapewatch.job import Job
from scrapewatch.logs import LogHandler
from scrapewatch.scrapy_figures import Traffic, count, progress
from scrapewatch.worker import Host

PROGRESS_S: Final = 1.0
WORKER_S: Final = 5.0

TOLD: Final = ("BOT_NAME", "CONCURRENT_REQUESTS", "DOWNLOAD_DELAY", "RETRY_TIMES")
"""Settings shown with the job. Not the spider's arguments: these may be passwords."""

STOPPED: Final = frozenset({"shutdown", "cancelled"})
"""Reasons for which someone, not the crawl itself, ended it."""


class Addon:
    """What the setting `ADDONS` names; adds the two components below to those of the project."""

    def update_settings(self, settings: BaseSettings) -> None:
        """See Scrapy's add-ons."""
        for name, component, order in (
            ("EXTENSIONS", Extension, 0),
            ("DOWNLOADER_MIDDLEWARES", GivenUp, 1),
        ):
            settings.setdefault_in_component_priority_dict(name, component, order)


class Extension:
    """Turns one crawl's signals into the events of one job."""

    def __init__(self, crawler: Crawler, emitter: Emitter) -> None:
        self._crawler = crawler
        self._emitter = emitter
        self._traffic = Traffic()
        self._host = Host()
        self._repeating: list[AsyncioLoopingCall | LoopingCall] = []
        self._job: Job | None = None
        self._logs: LogHandler | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components.

        Raises:
            NotConfigured: there is no address to send to.
        """
        settings = crawler.settings
        emitter = Emitter(settings.get("SCRAPEWATCH_URL"), settings.get("SCRAPEWATCH_TOKEN"))
        if not emitter.enabled:
            raise NotConfigured
        extension = cls(crawler, emitter)
        for receive, signal in (
            (extension.spider_opened, signals.spider_opened),
            (extension.spider_closed, signals.spider_closed),
            (extension.item_scraped, signals.item_scraped),
            (extension.failed, signals.spider_error),
            (extension.failed, signals.item_error),
            (extension.request_left, signals.request_left_downloader),
            (extension.response_downloaded, signals.response_downloaded),
            (extension.response_received, signals.response_received),
        ):
            crawler.signals.connect(receive, signal)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        """The job starts."""
        settings = self._crawler.settings
        domains = getattr(spider, "allowed_domains", None) or [spider.name]
        self._job = job = self._emitter.job(
            settings.get("SCRAPEWATCH_JOB_ID") or f"{spider.name}-{uuid7()}",
            source=settings.get("SCRAPEWATCH_SOURCE") or str(next(iter(domains))),
            query=settings.get("SCRAPEWATCH_QUERY") or spider.name,
            config={name: settings.get(name) for name in TOLD},
        )
        job.start()
        self._logs = LogHandler(job, spider=spider, reported="scrapy.core.scraper")
        logging.getLogger().addHandler(self._logs)
        self._repeat(self._progress, PROGRESS_S)
        self._repeat(self._worker, WORKER_S)

    async def spider_closed(self, spider: Spider, reason: str) -> None:  # noqa: ARG002 - a signal's arguments
        """The job ends; Scrapy waits until all of it is sent, while other crawls of the process go on."""
        for call in self._repeating:
            if call.running:
                call.stop()
        if self._logs is not None:
            logging.getLogger().removeHandler(self._logs)
        if self._job is not None:
            self._progress()
            self._end(self._job, reason)
        await run_in_thread(self._emitter.close)

    def item_scraped(self, item: Any) -> None:
        """An item has passed every pipeline."""
        if self._job is not None:
            self._job.item(ItemAdapter(item).asdict() if ItemAdapter.is_item(item) else item)

    def failed(self, failure: Failure, response: Response | None) -> None:
        """The spider's code, or a pipeline's, has raised."""
        if self._job is not None:
            url = response.url if response is not None else ""
            error = failure.value
            stack = failure.getTraceback()
            self._job.error(error or str(failure), url=url, stack=stack)

    def request_left(self, request: Request) -> None:
        """The downloader is done with a request."""
        self._traffic.left(request)

    def response_downloaded(self, response: Response, request: Request) -> None:
        """An answer came, of whatever status, at whatever try."""
        self._traffic.answered(response, request)

    def response_received(self, response: Response, request: Request) -> None:
        """An answer came that is not tried again."""
        if response.status >= 400:
            self.report(f"http_{response.status}", f"HTTP {response.status}", request)

    def report(self, kind: str, message: str, request: Request) -> None:
        """A page could not be had; grouped by kind and domain."""
        if self._job is not None:
            domain = request.url.split("/")[2]
            mark = fingerprint(kind, domain)
            self._job.error(message, kind=kind, url=request.url, fingerprint=mark)

    def _repeat(self, function: Callable[[], None], seconds: float) -> None:
        call = create_looping_call(function)
        call.start(seconds, now=True)
        self._repeating.append(call)

    def _in_flight(self) -> int:
        return len(self._crawler.engine.downloader.active)

    def _progress(self) -> None:
        if self._job is not None:
            figures = progress(self._crawler.stats.get_stats(), self._in_flight())
            self._job.emit("job_progress", {**figures, **self._traffic.figures()})

    def _worker(self) -> None:
        if self._job is not None:
            limit = self._crawler.settings.getint("CONCURRENT_REQUESTS")
            active = min(self._in_flight(), limit)
            workers = {"active": active, "idle": limit - active, "maxConcurrency": limit}
            self._job.emit("worker", {**self._host.figures(), "workers": workers})

    def _end(self, job: Job, reason: str) -> None:
        stats = self._crawler.stats.get_stats()
        items = count(stats, "item_scraped_count")
        if reason == "finished":
            job.complete(itemsScraped=items, reason=reason, stats=stats)
        elif reason in STOPPED:
            job.cancel(reason, itemsScraped=items, stats=stats)
        else:
            job.fail(f"closed: {reason}", itemsScraped=items, reason=reason, stats=stats)


class GivenUp:
    """Sees the downloads that failed and that no other middleware tries again: it stands last."""

    def __init__(self, extension: Extension) -> None:
        self._extension = extension

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components.

        Raises:
            NotConfigured: the extension is off.
        """
        extension = crawler.get_extension(Extension)
        if extension is None:
            raise NotConfigured
        return cls(extension)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """See Scrapy's downloader middlewares; always leaves the exception to the spider."""
        if not isinstance(exception, IgnoreRequest):
            self._extension.report(type(exception).__name__, str(exception) or type(exception).__name__, request)
