"""The list of jobs: its order, its search and what stands beside it."""

import json
import re
from html import unescape

import pytest

from tests.dashboard.conftest import House
from tests.fakes import event


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

    monkeypatch.setattr("app.dashboard.jobs.PAGE_ROWS", 1)
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
    page = four.page("/jobs?q=source:ebay.com,olx.pl&status=running")

    assert re.findall(r'data-count="(?:|running|failed)">(\d+)<', page) == ["2", "1", "1"]
