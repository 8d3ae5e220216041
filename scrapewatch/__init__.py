"""Watch scraping jobs live: what a scraper installs.

    from scrapewatch import Emitter

    with Emitter().job("123", source="ebay.com", query="vintage cards") as job:
        for page in job.track(pages):
            job.item({"title": "…", "price": "29.99", "url": "https://…"})

The address and the token come from `SCRAPEWATCH_URL` and `SCRAPEWATCH_TOKEN`; without an address
nothing happens. For Scrapy: ``ADDONS = {"scrapewatch.scrapy.Addon": 0}``.
"""

from scrapewatch.client import Emitter
from scrapewatch.job import Job

__version__ = "0.1.0"

__all__ = ["Emitter", "Job", "__version__"]
