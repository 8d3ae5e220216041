"""Log lines that become events."""

import logging

import pytest

from scrapewatch.logs import LogHandler


@pytest.fixture
def record():
    """Makes a record as a logger would."""

    def make(name, level=logging.WARNING, error=None, **extra):
        made = logging.LogRecord(name, level, __file__, 1, "slow: %d s", (9,), error and (type(error), error, None))
        made.__dict__.update(extra)
        return made

    return make


class Line:
    """Takes what a log handler hands on."""

    def __init__(self):
        self.lines = []

    def log(self, message, level, logger):
        self.lines.append((level, logger, message))


@pytest.fixture
def line():
    """A job, as far as a handler uses one."""
    return Line()


def test_log_lines_of_the_scraper_are_forwarded(line, record):
    """From warnings on, with level, logger and the exception's kind."""
    logger = logging.getLogger("shop.pages")
    handler = LogHandler(line)
    logger.addHandler(handler)
    logger.info("too small")
    logger.handle(record("shop.pages"))
    logger.handle(record("shop.pages", logging.ERROR, KeyError("price")))
    logger.removeHandler(handler)

    assert line.lines == [
        ("warning", "shop.pages", "slow: 9 s"),
        ("error", "shop.pages", "slow: 9 s\nKeyError: 'price'"),
    ]


def test_an_exception_that_is_sent_as_an_error_is_not_told_twice(line, record):
    """Other lines of the same logger are, and the same exception from elsewhere."""
    handler = LogHandler(line, reported="scrapy.core.scraper")
    handler.handle(record("scrapy.core.scraper", logging.ERROR, KeyError("price")))
    handler.handle(record("scrapy.core.scraper"))
    handler.handle(record("shop.pages", logging.ERROR, KeyError("price")))

    assert [(level, logger) for level, logger, _ in line.lines] == [
        ("warning", "scrapy.core.scraper"),
        ("error", "shop.pages"),
    ]


@pytest.mark.parametrize("name", ["scrapewatch.sender", "socketio.client", "engineio.client"])
def test_the_client_s_own_lines_are_not(line, record, name):
    """What the sender says of its troubles would feed on itself."""
    LogHandler(line).handle(record(name))

    assert line.lines == []


def test_another_crawl_of_the_same_process_is_not_ours(line, record):
    """Scrapy marks its records with the spider; a record without one may be anyone's."""
    ours, other = object(), object()
    handler = LogHandler(line, spider=ours)
    handler.handle(record("one", spider=ours))
    handler.handle(record("two", spider=other))
    handler.handle(record("three"))

    assert [logger for _, logger, _ in line.lines] == ["one", "three"]
