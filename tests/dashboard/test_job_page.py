"""The tabs of a job's page as the server paints them, each by its address."""

import re
from html import unescape

import pytest

from app.dashboard.job_tabs import alerts
from app.fold import folding
from app.storage.base import Event
from tests.dashboard.conftest import House
from tests.fakes import event

LEVELS = ("debug", "info", "warning", "error")


def line(number: int, level: str = "info", **data: object) -> Event:
    """A line of log."""
    said = {"level": level, "message": f"line {number}", **data}
    return event("log", data=said, level=("debug", "info", "warning", "error", "critical").index(level))


def lines(page: str) -> list[str]:
    """The messages of the log that stand on a page, without their marks."""
    found = re.findall(r'<span class="msg">(.*?)</span></li>', page.partition("<template")[0])
    return [unescape(re.sub(r"</?mark>", "", one)) for one in found]


def href(page: str, words: str) -> str:
    """Where the link of that text leads."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?{words}', page)
    assert found, words
    return unescape(found[1])


def chips(page: str) -> dict[str, int]:
    """How many lines there are by level."""
    return {name: int(count) for name, count in re.findall(r'data-level="(\w+)" data-count="(\d+)"', page)}


def test_tabs_are_links_and_say_how_much_there_is(house: House):
    """The one that is open is told to everybody, and only what it shows is on the page."""
    house.send([event("job_started", data={"source": "a"}), event("item_scraped"), line(1), event("error", level=3)])

    page = house.page("/jobs/123?tab=log")

    found = re.findall(r'<a href="/jobs/123(?:\?tab=(\w+))?"( aria-current="page")?>\w+', page)
    assert [name for name, _ in found][:3] == ["", "errors", "log"]
    assert [name for name, is_open in found if is_open] == ["log"]
    assert re.search(r'data-tally="log">3<', page)
    assert re.search(r'data-tally="items">1<', page)
    assert 'id="items"' not in page
    house.page("/jobs/123?tab=none", 400)


def test_a_job_whose_id_holds_slashes_has_tabs(house: House):
    """They lead to its own page."""
    house.send([event("job_started", "a/b c")])

    assert 'href="/jobs/a/b%20c?tab=items"' in house.page("/jobs/a/b%20c?tab=log")


def test_a_long_log_is_walked_through_without_a_script(house: House):
    """Older and newer lines are links; together the windows hold each line once, in order."""
    house.send([line(number) for number in range(450)])

    page = newest = house.page("/jobs/123?tab=log")
    seen = lines(page)
    while "Older lines" in page and not re.search(r'id="older" hidden', page):
        page = house.page(href(page, "Older lines"))
        seen = lines(page) + seen

    assert seen == [f"line {number}" for number in range(450)]
    assert lines(house.page(href(page, "Newer lines")))[0] != "line 0"
    assert re.search(r'id="newer" hidden', newest)


def test_levels_count_the_whole_log_and_choose_what_is_shown(house: House):
    """A chip leads to the log with that level shown or hidden; what is critical counts as an error."""
    house.send([line(number, LEVELS[number % 4]) for number in range(300)])
    house.send([line(999, "critical"), event("job_failed", data={"reason": "banned"}), event("error", level=3)])

    page = house.page("/jobs/123?tab=log&level=error")

    assert chips(page) == {"debug": 75, "info": 75, "warning": 75, "error": 78}
    assert len(lines(page)) == 78
    assert [one for one in lines(page) if not one.startswith("line ")] == ["job_failed banned", "–"]
    assert len(lines(house.page(href(page, "Warning")))) == 153
    house.page("/jobs/123?tab=log&level=loud", 400)


def test_hits_are_counted_over_the_whole_log_and_walked_through(house: House):
    """The newest is shown first among its neighbours; links lead to the one before and back."""
    house.send([line(number, note="needle" if number in {3, 200, 440} else "hay") for number in range(450)])
    house.send([line(500, message="A <NEEDLE> of glass")])

    page = house.page("/jobs/123?tab=log&q=needle")

    assert "4 of 4" in page
    assert "A &lt;<mark>NEEDLE</mark>&gt; of glass" in page
    assert "line 449" in lines(page)
    before = re.search(r'id="previous-hit"[^>]*href="([^"]+)"', page)
    assert before
    page = house.page(unescape(before[1]))
    assert "3 of 4" in page
    assert re.search(r'is-linked" id="L441"', page)
    assert '<span class="muted">info line 440 <mark>needle</mark></span>' in page
    assert house.page("/jobs/123?tab=log&q=nothing").count("0 hits") == 1


def test_a_line_has_an_address(house: House):
    """It stands among its neighbours, wherever it is in the log."""
    house.send([line(number) for number in range(450)])

    page = house.page("/jobs/123?tab=log&line=101")

    assert re.search(r'is-linked" id="L101"', page)
    assert {"line 99", "line 100", "line 101"} <= set(lines(page))
    assert 'href="?tab=log&amp;line=101"' in page
    house.page("/jobs/123?tab=log&line=x", 400)


def test_a_script_asks_for_lines_alone(house: House):
    """It is told whether there are more on either side."""
    house.send([line(number) for number in range(450)])

    part = house.page("/jobs/123?tab=log&part=lines&after=10")

    assert lines(part)[0] == "line 10"
    assert '<ol data-older="11" data-newer="210">' in part


def test_the_log_is_downloaded_whole_and_filtered(house: House):
    """Oldest first, one line each, all of the chosen levels."""
    house.send([line(number, LEVELS[number % 4]) for number in range(2_500)])

    answer = house.client.get("/export/log.txt?job=123&level=warning,error&q=line 1*")
    told = answer.text.splitlines()

    assert len(told) == len([n for n in range(2_500) if n % 4 > 1 and f"line {n}".startswith("line 1")])
    assert told[0].endswith("Z WARNING  line 10")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_there_is_no_log_of_a_job_that_there_is_not(house: House):
    """An empty file would say that it has told nothing."""
    answer = house.client.get("/export/log.txt?job=nobody's")

    assert answer.status_code == 404
    assert "There is no job" in answer.text


def test_items_have_a_column_for_each_field_and_say_how_often_it_is_filled(house: House):
    """Over the newest items, whose number is told; null and blank texts are nothing."""
    house.send(
        [
            event(data={"title": f"Card {n}", "price": None if n % 4 else "5", "url": f"https://a.example/{n}"})
            for n in range(60)
        ]
    )
    house.send([event(data={"title": " ", "seller": "zoe"})])

    page = house.page("/jobs/123?tab=items")

    assert re.findall(r'<th scope="col" class="mono">(\w+)', page) == ["title", "price", "url", "seller"]
    assert "in the newest 61 items" in page
    assert re.findall(r'class="num">([\d.]+)<span class="unit">%', page) == ["98.4", "24.6", "98.4", "1.6"]
    assert 'rel="noopener noreferrer nofollow"' in page
    assert "Card 10<" not in page
    assert "Card 10<" in house.page(href(page, "Older"))


def test_items_of_countless_fields_do_not_flood_the_page(house: House):
    """The first fifty are named and the others counted; the export then holds the items whole."""
    house.send([event(data={str(number): "x"}) for number in range(70)])

    page = house.page("/jobs/123?tab=items")

    assert len(re.findall(r'<td class="mono"><span class="clip" title="\d+">', page)) == 50
    assert "and 20 more" in page
    assert "the first 10 of 70 fields" in page
    assert href(page, "Export all items") == "/export/events.csv?job=123&type=item_scraped"


def test_raw_events_are_whole_by_type_and_by_address(house: House):
    """One is opened by its cursor, the newest that the page then shows."""
    house.send([event("job_started"), event(data={"title": "Card"}), line(1)])

    page = house.page("/jobs/123?tab=events&line=2")

    assert "&#34;title&#34;: &#34;Card&#34;" in page
    assert re.search(r'<tr class="is-cursor">.*?<details class="event-body" open>', page)
    assert "line 1" not in page
    assert "Card" not in house.page("/jobs/123?tab=events&type=log")


def test_the_first_tab_sums_up_errors_and_fields(house: House):
    """The first few groups with their counts, and in which share of the items each field is filled."""
    house.send(
        [event("job_started"), *(event("item_scraped", data={"title": "Card", "price": price}) for price in "1 ")]
    )
    house.send([event("error", data={"kind": kind, "message": "no price"}) for kind in "ABCDEE"])

    page = house.page("/jobs/123")

    groups = page.partition('id="error-groups"')[2].partition("</section>")[0]
    assert "6 errors, 5 groups" in groups
    assert re.findall(r"<strong>(\w+|no price)</strong>", groups)[:2] == ["no price", "2"]
    assert groups.count("<tr") == 1 + 4
    fields = page.partition('id="fields-filled"')[2].partition("</section>")[0]
    assert re.findall(r"([\d.]+)<span class=\"unit\">%", fields) == ["100.0", "50.0"]


def test_errors_of_all_attempts_are_counted_with_their_groups(house: House):
    """The tab says as many as the groups do, and that they are of all attempts; the figure is of this one."""
    house.send([event("job_started"), *(event("error", data={"message": "no price"}) for _ in range(3))])
    house.send([event("job_failed"), event("job_started"), event("error", data={"message": "no price"})])

    page = house.page("/jobs/123?tab=errors")

    assert 'data-tally="errors">4<' in page
    assert "4 errors, 1 group, of all attempts" in page
    assert re.search(r'data-figure="errors">1<.*?in this attempt', page, re.DOTALL)
    assert '"earlierErrors": 3' in page


def test_errors_that_wait_to_be_grouped_are_counted(house: House):
    """Those of earlier attempts are as many as they were, however far the groups have come."""
    house.send([event("job_started"), event("error", data={"message": "no price", "count": 3}), event("job_failed")])
    house.events.append([event("job_started"), *(event("error") for _ in range(5))], folding(house.limits))

    page = house.page("/jobs/123")
    assert 'data-tally="errors">8<' in page
    assert '"earlierErrors": 3' in page


def test_raw_events_are_counted_on_their_own_tab(house: House):
    """All of them, whatever is shown; on other tabs nobody counts."""
    house.send([event("job_started"), event("item_scraped"), event("heartbeat")])

    assert 'data-tally="events">3<' in house.page("/jobs/123?tab=events&type=item_scraped")
    assert 'data-tally="events"' not in house.page("/jobs/123")


@pytest.mark.parametrize(
    ("type_", "data", "sentence"),
    [
        ("job_completed", {"duration": 724_000}, "Completed after 12 min 4 s with 1 item."),
        ("job_failed", {"duration": 4_000, "reason": "banned"}, "Failed after 4 s with 1 item: banned"),
        ("job_cancelled", {}, "Cancelled after 0 ms with 1 item."),
    ],
)
def test_an_ended_job_says_in_a_sentence_how_it_ended(house: House, type_: str, data: dict[str, object], sentence: str):
    """Its rate gives way to the time that it took."""
    house.send([event("job_started"), event("item_scraped"), event(type_, data=data)])

    page = house.page("/jobs/123")

    assert sentence in unescape(page)
    assert "<dt>Took</dt>" in page
    assert ">last minute<" not in page


def test_incidents_of_a_job_stand_on_its_page(house: House):
    """Of this job and no other, in every state."""
    house.alerts.rules.create(
        {"name": "failed", "condition": {"event": "job_failed"}, "severity": "error", "channels": [], "cooldown": 0}
    )
    house.alerts.evaluate()
    for told in (event("job_started"), event("job_started", "456"), event("job_failed", data={"reason": "banned"})):
        house.alerts.on_commit(house.send([told]))
        house.alerts.evaluate()

    assert re.search(r'data-tally="alerts">1<', page := house.page("/jobs/123?tab=alerts"))
    assert "/alerts/incidents/" in page
    assert "No alert has fired for this job" in house.page("/jobs/456?tab=alerts")


def test_an_open_incident_of_a_job_is_never_crowded_out(house: House, monkeypatch):
    """However many incidents of other jobs are newer, it stands on the job's page and on its tab."""
    monkeypatch.setattr(alerts, "MOST", 1)
    house.alerts.rules.create(
        {"name": "failed", "condition": {"event": "job_failed"}, "severity": "error", "channels": [], "cooldown": 0}
    )
    house.alerts.evaluate()
    for job_id in ("123", "456", "789"):
        house.alerts.on_commit(house.send([event("job_started", job_id), event("job_failed", job_id)]))
        house.alerts.evaluate()

    page = house.page("/jobs/123?tab=alerts")

    assert page.count('href="/alerts/incidents/') == 1
    assert re.search(r'class="n hot" data-tally="alerts">1<', house.page("/jobs/123"))
