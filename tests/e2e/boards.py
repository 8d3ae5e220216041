"""A dashboard before a browser: brought in as a file, and what of it is seen and kept."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.e2e.seed import event
from tests.server import Server

PLOTS: Final = {"line": "g.scatterlayer path.js-line", "bar": "g.barlayer path", "gauge": "g.indicatorlayer path"}


def run(done: int, job: str = "shop-1") -> list[dict[str, Any]]:
    """What a job tells until it has done so much."""
    return [
        event("job_started", {"source": "ebay.com", "query": "vintage cards"}, job),
        event("job_progress", {"done": done, "total": 100, "requests": {"total": done * 2, "failed": 1}}, job),
        *(event("item_scraped", {"title": f"Card {n}", "price": "9.99"}, job) for n in range(done)),
        event("error", {"message": "no price", "kind": "ValueError"}, job),
    ]


def send(server: Server, environment: Mapping[str, str], *events: dict[str, Any]) -> None:
    """Have them stored."""
    answer = server.json("/api/v1/events", body=list(events), token=environment["INGEST_TOKEN"])
    assert answer["rejected"] == []


def imported(page: Page, whole: dict[str, Any], folder: Path) -> None:
    """The page of a dashboard that was chosen as a file from the list."""
    file = folder / "dashboard.json"
    file.write_text(json.dumps(whole))
    page.goto("/dashboards")
    page.locator("#import input").set_input_files(file)
    page.wait_for_url(re.compile(r"/dashboards/\d+$"))


def exported(page: Page) -> dict[str, Any]:
    """What the page's export saves."""
    page.get_by_label("More").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON").click()
    found: dict[str, Any] = json.loads(download.value.path().read_text())
    return found


def frame(page: Page, name: str) -> Locator:
    """The panel of that id."""
    return page.locator(f'[data-panel="{name}"]')


def stored(page: Page) -> dict[str, Any]:
    """The dashboard of this page, as the API tells it."""
    found: dict[str, Any] = page.request.get(f"/api/v1{urlsplit(page.url).path}").json()
    return found
