"""The list of jobs: its order, its search and what stands beside it."""

import json
import re
from html import unescape

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import post
from tests.fakes import NOW_MS, event


def listed(page: str) -> list[str]:
    """The ids of the jobs on a page, in their order."""
    return [unescape(one) for one in re.findall(r'<tr data-job="([^"]+)"', page)]


@pytest.fixture
def four(house: House) -> House:
    """Two that are open between two that have ended."""
    for job_id, source, ends in (("a", "ebay.com", 0), ("b", "olx.pl", 1), ("c", "ebay.fr", 0), ("d", "", 1)):
        house.send([event("job_started", job_id, data={"source": source} if source else {})])
        if ends:
            house.send([event("job_failed", job_id)])
    return house


def test_open_jobs_come_first_then_the_newest(four: House, monkeypatch: pytest.MonkeyPatch):
    """Over all pages, which follow one another without a gap."""
    assert listed(four.page("/jobs")) == ["c", "a", "d", "b"]

    monkeypatch.setattr("app.dashboard.look.ROWS", (1,))
    seen, path = [], "/jobs"
    for _ in range(5):
        page = four.page(path)
        seen += listed(page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        if link is None:
            break
        path = unescape(link[1])
    assert seen == ["c", "a", "d", "b"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/jobs?q=status:failed", ["d", "b"]),
        ("/jobs?q=status:failed&status=running", []),
        ("/jobs?q=source:ebay*", ["c", "a"]),
        ("/jobs?q=-source:ebay*", ["d", "b"]),
        ("/jobs?q=ebay+fr", ["c"]),
        ("/jobs?source=olx.pl", ["b"]),
        ("/jobs?q=age:<1h+errors:0&status=failed", ["d", "b"]),
    ],
)
def test_a_search_narrows_the_list_the_export_and_the_api(four: House, path: str, found: list[str]):
    """All three find the same."""
    query = path.partition("?")[2]

    assert listed(four.page(path)) == found
    assert [job["id"] for job in json.loads(four.page(f"/api/v1/jobs?{query}"))["items"]] == sorted(found, reverse=True)
    assert len(four.page(f"/export/jobs.csv?{query}").splitlines()) == 1 + len(found)


def test_each_term_is_a_chip_that_can_be_taken_off(four: House):
    """The others stay, and so does the state."""
    page = unescape(four.page('/jobs?status=failed&q=-tag:"a b" olx source:olx.pl'))

    assert re.findall(r'class="key">([^<]+)</span><span class="clip">([^<]+)<', page) == [
        ("not tag", "a b"),
        ("text", "olx"),
        ("source", "olx.pl"),
    ]
    assert "/jobs?status=failed&q=olx+source:olx.pl" in page
    assert "/jobs?status=failed&q=-tag:%22a+b%22+source:olx.pl" in page


def test_a_search_that_can_not_be_read_points_at_the_word_and_leaves_the_list(four: House):
    """The page says what is wrong where it is; programs are told the field."""
    page = four.page("/jobs?status=failed&q=olx statsu:failed", 400)

    assert "olx <mark>statsu:failed</mark>" in page
    assert "there is no key statsu" in page
    assert listed(page) == ["d", "b"]
    answer = four.client.get("/api/v1/jobs?q=age:soon")
    told = json.loads(answer.text)
    assert (answer.status_code, told["field"]) == (400, "q")
    assert told["detail"].startswith("age:soon: must be like <1h")


def test_tabs_count_what_else_the_search_finds(four: House):
    """In every state, also in those that are not shown."""
    counts = re.compile(r'data-count="(?:|running|failed)">(\d+)<')

    assert counts.findall(four.page("/jobs?q=source:ebay.com,olx.pl&status=running")) == ["2", "1", "1"]
    assert counts.findall(four.page("/jobs?q=status:failed source:ebay.com,olx.pl")) == ["1", "0", "1"]
    assert counts.findall(four.page("/jobs?q=status:failed&status=running")) == ["2", "0", "2"]


def test_a_search_goes_through_so_many_jobs_and_says_from_where_to_go_on(four: House, monkeypatch: pytest.MonkeyPatch):
    """The open ones, few as they are, are all looked at; the numbers tell that there may be more."""
    monkeypatch.setattr("app.jobs.listing.LOOKED", 1)

    page = four.page("/jobs?q=olx")
    assert "No match among the newest jobs" in page
    assert ">0</span>" in page
    seen = [listed(page)]
    while (link := re.search(r'rel="next" href="([^"]+)"', page)) is not None:
        page = four.page(unescape(link[1]))
        seen.append(listed(page))
    assert len(seen) > 1
    assert [one for some in seen for one in some] == ["b"]
    assert listed(four.page("/jobs?q=ebay")) == ["c", "a"]


def test_rows_tell_pace_success_and_the_last_runs(house: House):
    """The pace of five minutes, what was answered, and each run of the spider, the newest on the right."""
    spider = {"source": "ebay.com", "query": "cards"}
    house.send([event("job_started", "old", data=spider), event("item_scraped", "old"), event("job_failed", "old")])
    house.send([event("job_started", "new", at_ms=NOW_MS - 60_000, data={**spider, "total": 9, "unit": "pages"})])
    house.send([event("item_summary", "new", at_ms=NOW_MS - 20_000, data={"count": 50})])
    house.send([event("job_progress", "new", data={"done": 3, "requests": {"total": 8, "failed": 2}})])

    new, old = house.page("/jobs").split('<tr data-job="')[1:]

    assert 'data-cell="items">3</b> <span data-cell="noun">/ 9 pages<' in new
    assert 'data-cell="share">33 %<' in new
    assert re.search(r'data-cell="eta" datetime="[^"]+".*?data-cell="left">in 2 min<', new)
    assert re.search(r'<path d="M0 21 .* 1 .*21"/>', new)
    assert 'data-cell="success">75.0</span><span class="unit" data-cell="success-unit">%<' in new
    assert 'aria-label="Last 30 runs: Running 1, Failed 1"' in new
    assert '<path class="now" d="M145 20v-16h4v16z"/>' in new
    assert '<path class="broken" d="M140 20v-4h4v4zM140.5 15h3v-3h-3z"/>' in new
    assert "/jobs?q=spider%3A%22ebay.com%3A%20cards%22" in new
    assert 'data-cell="items">1</b> <span data-cell="noun">item<' in old
    assert re.search(r'data-cell="pace"[^>]* hidden', old)


def test_a_page_asks_for_its_rows_and_for_how_many_are_new(four: House):
    """By their numbers; what is new is counted as the search has it."""
    page = four.page("/jobs?q=source:ebay*")
    newest = json.loads(page.split('id="page">')[1].split("<")[0])["newest"]
    four.send([event("job_started", "e", data={"source": "ebay.de"}), event("job_started", "f")])

    told = json.loads(four.page(f"/jobs.json?q=source:ebay*&keys=1,3&after={newest}"))

    assert [row["job"]["id"] for row in told["rows"]] == ["c", "a"]
    assert told["fresh"] == 1
    newest = four.events.reach().newest
    assert json.loads(four.page("/jobs.json?keys=")) == {"rows": [], "fresh": 0, "since": newest}
    four.page("/jobs.json?keys=x", 400)


def test_columns_and_density_are_the_browser_s_own(four: House):
    """Without a script a form keeps them, and leads back to the list."""
    assert "joblist" in four.page("/jobs")
    back = post(four, "/views/look", show=["ends", "pace", "errors", "tags"], compact="yes", query="status=failed")

    page = four.page(back)
    assert back == "/jobs?status=failed"
    assert 'joblist compact no-success no-last no-runs" id="jobs-table"' in page


def test_a_page_has_as_many_rows_as_somebody_likes(four: House, monkeypatch: pytest.MonkeyPatch):
    """Of a few numbers; whatever else is asked for, as many as at first."""
    monkeypatch.setattr("app.dashboard.look.ROWS", (1, 3))
    assert len(listed(four.page("/jobs"))) == 1
    assert "<option selected>1</option><option>3</option>" in four.page("/jobs")

    for rows, shown in (("3", 3), ("999", 1), ("3", 3), ("x", 1)):
        four.page(post(four, "/views/look", rows=rows, query=""))
        assert len(listed(four.page("/jobs"))) == shown


def test_an_empty_list_names_the_filters_that_are_on(four: House):
    """And offers to drop them."""
    page = unescape(four.page("/jobs?q=nothing -tag:x"))

    assert "No job matches these filters" in page
    assert "<code>text: nothing</code> <code>not tag: x</code>" in page
    assert '<a href="/jobs">Drop the filters</a>' in page
