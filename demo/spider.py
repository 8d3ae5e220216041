"""A spider as anyone might write it: it knows nothing of being watched.

To run it::

    scrapy runspider demo/spider.py -a shop=http://127.0.0.1:5001 -s ADDONS='{"scrapewatch.scrapy.Addon": 0}'
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider


class CollectablesSpider(Spider):
    """Crawls the sample shop: categories, their pages, every product.

    Args:
        shop: address of the shop (``-a shop=…``).
    """

    name = "collectables"
    custom_settings = {  # noqa: RUF012 - as Scrapy has it
        "CONCURRENT_REQUESTS": 8,
        "DOWNLOAD_DELAY": 0.3,  # some 500 pages in under three minutes: slow enough to watch
        "RETRY_TIMES": 2,
        "USER_AGENT": "collectables (sample spider)",
        "TELNETCONSOLE_ENABLED": False,
    }

    def __init__(self, shop: str = "http://127.0.0.1:5001", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.shop = shop
        self.allowed_domains = [urlsplit(shop).hostname or ""]

    async def start(self) -> AsyncIterator[Request]:
        """Begin at the front page."""
        yield Request(self.shop, self.parse)

    def parse(self, response: Any) -> Iterator[Request]:
        """The front page: follow every category, before any product, so that the total is known early."""
        yield from response.follow_all(css="a.category", callback=self.parse_shelf, priority=1)

    def parse_shelf(self, response: Any) -> Iterator[Request]:
        """A page of a category: its products, and the page after it."""
        yield from response.follow_all(css="a.next", callback=self.parse_shelf, priority=1)
        yield from response.follow_all(css="a.product", callback=self.parse_product)

    def parse_product(self, response: Any) -> Iterator[dict[str, Any]]:
        """A product.

        Raises:
            LookupError: the page shows no product.
        """
        if response.css("form#challenge"):
            raise LookupError("blocked: the shop asks for a person")
        title = response.css("h1.title::text").get()
        if title is None:
            raise LookupError("no product on the page: has the layout changed?")
        price = response.css("p.price::text").get()
        if price is None:
            self.logger.warning("No price on %s", response.url)
        yield {
            "title": title,
            "price": price,
            "url": response.url,
            "image": response.urljoin(response.css("img.photo::attr(src)").get("")),
            "stock": int(response.css("p.stock::attr(data-count)").get("0")),
            "category": response.css("a.back::text").get(),
        }
