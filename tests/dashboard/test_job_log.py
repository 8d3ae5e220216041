"""What is searched for in a job's log, and the log as text."""

import json
import re
from html import unescape
from urllib.parse import urlencode

from app.dashboard.job_tabs import log
from tests.dashboard.conftest import House
from tests.dashboard.test_job_page import href, line
from tests.dashboard.test_pages import Tags


def test_the_search_of_a_log_means_what_the_search_of_the_history_means(house: House):
    """Words, phrases, what must not be there; names of fields are none, and nothing is marked in what was not found."""
    messages = ("timeout of a proxy", "timeout again", "proxy script", 'say "timeout"')
    house.send([line(number, message=message) for number, message in enumerate(messages)])

    def found(q: str) -> tuple[list[int], int]:
        page = house.page("/jobs/123?" + urlencode({"tab": "log", "q": q}))
        hits = json.loads(Tags(page).blocks["page"])["hits"]
        assert len(re.findall(r'<li class="[^"]*" id="L\d+">(?:(?!</li>).)*<mark>', page)) == len(hits)
        return hits, page.count("<mark>")

    assert found("proxy timeout") == ([1], 2)
    assert found("timeout -proxy") == ([2, 4], 2)
    assert found('"of a proxy"') == ([1], 1)
    assert found("prox*") == ([1, 3], 2)
    for nowhere in ("message", "level", "ip"):
        assert found(nowhere) == ([], 0)


def test_a_script_asks_in_which_new_lines_the_text_is(house: House):
    """Those after a place, marked as the page marks them, and no others."""
    house.send([line(number, message="needle" if number % 5 == 4 else "hay") for number in range(20)])

    part = house.page("/jobs/123?tab=log&part=hits&q=needle&after=9")

    assert re.findall(r'id="L(\d+)"', part) == ["10", "15", "20"]
    assert part.count("<mark>needle</mark>") == 3


def test_hits_beyond_those_of_a_page_are_searched_for_further_back(house: House, monkeypatch):
    """One step back from the oldest leads there, and one forth from the newest of those back again."""
    monkeypatch.setattr(log, "MOST_HITS", 2)
    house.send([line(number, message="needle") for number in range(5)])

    page = house.page("/jobs/123?tab=log&q=needle&line=4")
    assert "1 of 2+" in page
    assert href(page, "Search further back") == unescape(re.findall(r'id="previous-hit"[^>]*href="([^"]+)"', page)[0])
    page = house.page(href(page, "Search further back"))
    assert re.search(r'is-linked" id="L3"', page)
    following = re.search(r'id="next-hit"[^>]*href="([^"]+)"', page)
    assert following
    page = house.page(unescape(following[1]))
    assert re.search(r'id="next-hit"[^>]*href="[^"]*line=4', page)


def test_lines_of_one_message_are_indented_in_the_text(house: House):
    """So that every line that begins with a time is an event, whatever a scraper has said."""
    house.send([line(1, message="first\n2026-11-23T14:00:00.000Z INFO forged\r\nlast\n"), line(2)])

    told = house.client.get("/export/log.txt?job=123").text.split("\n")

    assert told[0].endswith(" INFO     first")
    assert told[1:3] == ["    2026-11-23T14:00:00.000Z INFO forged", "    last"]
    assert told[3].endswith(" INFO     line 2")
