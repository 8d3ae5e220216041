"""Every page, rendered over real stores: what stands in it, and what can't get out of it."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from app.storage.base import Event
from tests.dashboard.conftest import House
from tests.fakes import event

HOSTILE = "</script><script>alert(1)</script>"


class Tags(HTMLParser):
    """The elements of a page, each with its attributes, and the contents of its JSON blocks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self._block: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._block = dict(attrs).get("id") if tag == "script" else None

    def handle_data(self, data):
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that kind."""
        return [attributes for name, attributes in self.found if name == tag]


def run(job_id: str = "123", **data: object) -> list[Event]:
    """A short run: one item, one error, one line of log, some progress."""
    return [
        event("job_started", job_id, data={"source": "ebay.com", "query": "vintage cards", **data}),
        event("item_scraped", job_id, data={"title": "Card", "price": "29.99", "url": "https://ebay.com/1"}),
        event("error", job_id, data={"message": "no price", "kind": "ValueError"}, level=3),
        event("log", job_id, data={"level": "warning", "message": "slow"}, level=2),
        event("job_progress", job_id, data={"done": 1, "total": 4, "requests": {"total": 10, "failed": 1}}),
    ]


def test_a_new_server_shows_how_to_send(house: House):
    """Four snippets with the server's own address, until there is an event."""
    page = house.page("/")

    for name in ("sn-scrapy", "sn-python", "sn-node", "sn-curl"):
        assert f'id="{name}"' in page
    assert "curl http://localhost/api/v1/events" in unescape(page)
    assert "pip install ." in page
    assert "pip install scrapewatch" not in page

    house.send(run())

    assert 'data-job="123"' in house.page("/")


def test_a_job_is_shown_as_of_its_last_event(house: House):
    """Figures, item, error and log line are on the first paint, and scripts go on from the same cursor."""
    house.send(run())

    tags = Tags(page := house.page("/jobs/123"))
    data = json.loads(tags.blocks["page"])

    assert data["since"] == 5
    assert (data["job"]["items"], data["job"]["errors"], data["job"]["progress"]["ratio"]) == (1, 1, 0.25)
    assert re.search(r'data-figure="items">1<', page)
    assert "ValueError: no price" in page
    assert "slow" in page
    link = next(one for one in tags.all("a") if one.get("href") == "https://ebay.com/1")
    assert link["rel"] == "noopener noreferrer nofollow"


def test_charts_carry_what_was_counted(house: House):
    """One item in a step of five seconds is 0.2 a second; nine of ten requests were answered."""
    house.send(run())

    charts = json.loads(Tags(house.page("/jobs/123")).blocks["page"])["charts"]
    rate, requests = charts["rate"]["figure"]["data"], charts["requests"]["figure"]["data"]

    assert max(rate[0]["y"]) == 0.2
    assert {trace["meta"]["key"]: sum(trace["y"]) for trace in requests} == {"answered": 9, "failed": 1, "errors": 1}


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/123", "/events", "/alerts", "/settings/status"])
@pytest.mark.statement(34)
def test_what_a_scraper_sends_stays_text(house: House, path: str):
    """Markup in any field neither opens an element nor ends a JSON block, and no script address is a link."""
    bad = {"title": HOSTILE, "price": HOSTILE, "url": "javascript:alert(1)", "message": HOSTILE, "source": HOSTILE}
    house.send(
        [
            event(kind, data={**bad, "query": HOSTILE, "tags": [HOSTILE], "config": {HOSTILE: HOSTILE}})
            for kind in ("job_started", "item_scraped", "error", "log")
        ]
    )

    tags = Tags(house.page(path))

    assert all("src" in one or one.get("type") == "application/json" for one in tags.all("script"))
    assert all(json.loads(block) for block in tags.blocks.values())
    assert [one for one in tags.all("a") if (one.get("href") or "").startswith("javascript")] == []


@pytest.mark.parametrize("job_id", ["412/7/1893", "a b?c#d&e", "é%2F", "x" * 200])
def test_any_job_id_has_a_page_that_lists_lead_to(house: House, job_id: str):
    """Ids are any printable text; the link in the list is the address of the job."""
    house.send(run(job_id))

    row = re.search(r'<tr data-job=.*?href="([^"]+)"', house.page("/jobs"))

    assert row
    assert json.loads(Tags(house.page(unescape(row[1]))).blocks["page"])["job"]["id"] == job_id


def test_a_list_says_what_it_is_as_of(house: House):
    """Its script can tell whether something was missed, and where the API lists the same rows."""
    house.send(run())

    block = json.loads(Tags(house.page("/jobs?source=ebay.com")).blocks["page"])

    assert block["since"] == 5
    assert block["rows"] == "/jobs.json?source=ebay.com"
    assert json.loads(Tags(house.page("/")).blocks["page"])["since"] == 5


def test_counts_are_told_as_people_do(house: House):
    """One is not several."""
    house.send(run())

    assert "1 job shown" in house.page("/jobs")
    assert re.search(r'data-cell="items">1</b> <span data-cell="noun">item<', house.page("/"))
    assert "5 events shown" in house.page("/events")


def test_what_is_over_is_not_shown_as_critical(house: House):
    """The history badges the notice of a resolved incident as the list of alerts does."""
    notice = {"name": "rule", "severity": "critical", "message": "well again"}
    house.send([event("system_alert", "", data={**notice, "state": state}) for state in ("firing", "resolved")])

    page = house.page("/events")

    assert page.count('class="badge critical"') == 1
    assert page.count('class="badge resolved"') == 1


def test_a_list_keeps_its_filters_through_tabs_and_pages(house: House):
    """The address holds the filters; the next page begins below the last row."""
    house.send([one for number in range(40) for one in run(f"job {number:02}")[:1]])

    first = house.page("/jobs?source=ebay.com&q=job")
    older = re.search(r'rel="next" href="([^"]+)"', first)

    assert older
    assert "source=ebay.com" in older[1]
    assert "q=job" in older[1]
    second = house.page(unescape(older[1]))
    rows = re.findall(r'<tr data-job="([^"]+)"', first + second)
    assert rows == sorted({f"job {number:02}" for number in range(40)}, reverse=True)
    assert 'rel="next"' not in second


def test_an_export_has_exactly_the_filters_of_the_page(house: House):
    """Several types of a form become one argument, as the export reads it; an empty one is none."""
    house.send(run())

    page = house.page("/events?type=error&type=log&level=warning&q=&from=-1h")

    assert 'href="/export/events.csv?type=error,log&amp;level=warning&amp;from=-1h"' in page
    assert page.count('<tr><td class="mono') == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [("/jobs/none", 404), ("/none", 404), ("/events?next=x", 400), ("/jobs?status=none", 400), ("/jobs?next=1", 400)],
)
def test_a_wrong_address_gets_a_page(house: House, path: str, status: int):
    """With what to do next in it."""
    assert 'href="/">' in house.page(path, status)


def test_alerts_fire_on_every_page(house: House):
    """The count is in the bezel, and the incident in the overview and the list of alerts, in words."""
    house.send(run())
    house.figures |= {"jobs.failureRate": 0.25, "jobs.finished": 8.0}
    house.alerts.evaluate()

    page = house.page("/jobs")
    assert "1 firing" in page
    shell = json.loads(Tags(page).blocks["shell"])
    assert (shell["alerts"]["firing"], shell["since"]) == (1, 5)
    for path in ("/", "/alerts"):
        assert "jobs.failureRate is 25 %, above 10 %." in house.page(path)


@pytest.mark.statement(28, 36)
def test_every_page_is_private_and_guarded_by_the_policy(house: House):
    """No cache keeps it, no other site frames it, nothing foreign runs in it."""
    headers = house.client.get("/jobs").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_static_files_are_kept_by_their_content(house: House):
    """For a year at the address with the hash; asked for anew at the plain one; never with a cookie."""
    address = re.search(r'href="(/static/css/tokens\.css\?v=[^"]+)"', house.page("/jobs"))
    assert address

    kept, plain = house.client.get(address[1]), house.client.get("/static/css/tokens.css")

    assert "immutable" in kept.headers["Cache-Control"]
    assert "no-cache" in plain.headers["Cache-Control"]
    assert "Cookie" not in kept.headers["Vary"]
    again = house.client.get(address[1], headers={"If-None-Match": kept.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("cookie", "shown"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ("x", "")]
)
def test_the_theme_chosen_is_painted_from_the_start(house: House, cookie: str, shown: str):
    """By the cookie of the switch; anything else means the server's default."""
    house.client.set_cookie("theme", cookie)
    page = house.page("/alerts")

    assert (shown in page) if shown else ("data-theme=" not in page.partition("<head>")[0])


def test_times_say_their_zone(house: House):
    """Without a script they are UTC, and the page says so."""
    house.send(run())

    page = house.page("/jobs")

    assert "<span data-zone>UTC</span>" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [("/jobs/a%00", 404), ("/jobs?tag=%00", 400), ("/jobs?source=%00", 400), ("/events?job=%00", 400)],
)
def test_no_store_is_asked_for_nul(house: House, path: str, status: int):
    """Postgres would fail on it; what is wrong is told like everywhere."""
    house.page(path, status)
