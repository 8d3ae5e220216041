"""Watch scraping jobs live: what a scraper installs.

    from scrapewatch import Emitter

    with Emitter().job("123", source="ebay.com", query="vintage cards") as job:
        for page in job.track(pages):
            job.item({"title": "…", "price": "29.99", "url": "https://…"})

The address and the token come from `SCRAPEWATCH_URL` and `SCRAPEWATCH_TOKEN`; without an address
nothing happens. For Scrapy: ``ADDONS = {"scrapewatch.scrapy.Addon": 0}``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapewatch.client import Emitter
    from scrapewatch.job import Job

__version__ = "0.1.0"
__all__ = ["Emitter", "Job", "__version__"]

_HOMES = {"Emitter": "scrapewatch.client", "Job": "scrapewatch.job"}


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for: who needs the catalogue alone, as the server does, is spared the rest."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
