"""The history's page: what is asked for is in the address, what was found is marked, and an event can be pointed at."""

import json
import re
from html import unescape

import pytest

from scrapewatch.events import LEVELS
from tests.fakes import event


def log(message: str, **data):
    return event("log", data={"message": message, **data}, level=LEVELS.index("info"))


def test_what_was_found_is_marked_and_nothing_of_it_runs(house):
    """Word by word in the sentence and in the whole; what an event says is text, inside a mark and outside."""
    house.send([log("<b>blocked</b> by <mark>shop</mark>, then BLOCKED again")])

    page = house.page("/events?q=blocked")

    assert page.count("&lt;b&gt;<mark>blocked</mark>&lt;/b&gt;") == 2
    assert "then <mark>BLOCKED</mark> again" in page
    assert "<b>blocked" not in page
    assert "<mark>shop" not in page


def test_what_the_sentence_does_not_hold_is_shown_beside_it(house):
    """With what stands around it."""
    house.send([log("no price", stack="x " * 200 + 'File "spiders/ebay.py" in parse_listing' + " y" * 200)])

    page = house.page("/events?q=parse_listing")

    assert "<mark>parse_listing</mark> y y" in page.split('class="event-body"')[1].split("</summary>")[0]


@pytest.mark.parametrize(("q", "mark"), [('"after 30"', "after 30"), ("time*", "timed"), ("%", "%"), ("5 -out", "5")])
def test_phrases_beginnings_and_signs_are_marked_whole(house, q: str, mark: str):
    """What must not be there marks nothing."""
    house.send([log("timed after 30 s, 5 %")])

    assert f"<mark>{mark}</mark>" in house.page(f"/events?q={q.replace('%', '%25')}")


def test_no_more_is_marked_than_was_found(house):
    """Whole words of errors and logs, parts of names in humps among them; letters of other events."""
    house.send([log("script failed for ip, TimeoutError")])
    house.send([event("item_scraped", data={"title": "Vintage"})])

    assert "script failed for <mark>ip</mark>," in house.page("/events?q=ip")
    assert "<mark>Timeout</mark>Error" in house.page("/events?q=timeout")
    assert "Timeout<mark>Error</mark>" in house.page("/events?q=error")
    assert "<mark>TimeoutError</mark>" in house.page("/events?q=timeouterror")
    assert "Vi<mark>ntag</mark>e" in house.page("/events?q=ntag")


def test_an_excerpt_is_of_what_the_event_says(house):
    """Not of its keys; and a phrase is found over the end of a line."""
    house.send([log("no price", stack="the last line\nbreaks message off 夏のセール")])

    def excerpt(q: str) -> str:
        page: str = house.page(f"/events?q={q}")
        return page.split('class="event-body"')[1].partition("</summary>")[0]

    assert "breaks <mark>message</mark> off" in excerpt("message")
    assert "<mark>line breaks</mark> message" in excerpt('"line breaks"')
    assert "off <mark>夏</mark>の" in excerpt("夏")
    assert "<mark>line\\nbreaks</mark>" in house.page('/events?q="line breaks"')


def test_a_source_narrows_the_list(house):
    """To the events of its jobs, and its chip says so."""
    house.send([event("job_started", "a", data={"source": "ebay.com"}), event("error", "a", data={"message": "mine"})])
    house.send(
        [event("job_started", "b", data={"source": "shop.example"}), event("error", "b", data={"message": "its"})]
    )

    page = house.page("/events?source=ebay.com&type=error")

    assert "mine" in page
    assert "its" not in page.split("<table")[1].split("</table>")[0]
    assert 'aria-label="Remove the filter source"' in page
    assert "/export/events.csv?source=ebay.com&amp;type=error" in page


def test_an_empty_list_names_its_filters_and_ways_out(house):
    """Each can be dropped alone, and words can be looked for by their beginnings."""
    house.send([log("timeout")])

    page = unescape(house.page("/events?q=timeo&level=info"))

    assert "No event matches these filters" in page
    assert 'text <b class="mono">timeo</b> – <a href="/events?level=info">drop it</a>' in page
    assert 'href="/events?level=info&q=timeo%2A"' in page
    assert "timeout" in house.page("/events?q=timeo*")


def test_an_event_has_a_page_of_its_own(house):
    """Its number leads to it, also when it has no job; a number that nothing has is told as such."""
    commit = house.send([log("here"), event("log", "", data={"message": "<i>nobody's</i>"})])

    first, second = (stored.cursor for stored in commit.events)
    assert f'href="/events/{first}"' in house.page("/events")
    assert "here" in house.page(f"/events/{first}")
    assert "&lt;i&gt;nobody&#39;s&lt;/i&gt;" in house.page(f"/events/{second}")
    for number in (second + 1, 2**63, 10**30):
        house.page(f"/events/{number}", 404)


def test_an_error_leads_to_its_group(house):
    """In the tab of its job, named by where it happened."""
    house.send([event("error", "a/1", data={"message": "x", "selector": ".price", "url": "https://a.example/p/1"})])

    assert '<a href="/jobs/a/1?tab=errors">.price · a.example/p/{id}</a>' in house.page("/events")


def test_an_alert_leads_to_its_incident(house):
    """By its number; what a scraper calls one leads nowhere."""
    told = {"name": "rule", "severity": "critical", "state": "firing"}
    house.send([event("system_alert", "", data={**told, "incident": number}) for number in (7, "<8>")])

    page = house.page("/events?type=system_alert")

    assert page.count('href="/alerts/incidents/') == 1
    assert 'href="/alerts/incidents/7"' in page


def test_filters_can_be_kept_under_a_name(house):
    """The list has the menu of saved views, with its own filters."""
    assert 'name="query" value="level=error"' in house.page("/events?level=error")


def test_the_level_is_said_to_be_of_errors_and_logs(house):
    """A failed job is shown as an error, but is none: where it is filtered away, the page says that such are."""
    house.send([event("job_started", "a"), event("job_failed", "a", data={"error": "gone"})])
    left_out = "Events that are neither, such as job_failed, are left out."

    page, every = unescape(house.page("/events?level=error")), house.page("/events")

    assert '<label for="f-level">Level of errors and logs</label>' in every
    assert '<option value="">Any, and other events</option>' in every
    assert left_out not in every
    assert page.count(left_out) == 2  # at its field, and where nothing was found
    assert 'errors and logs from level <b class="mono">error</b> – <a href="/events">drop it</a>' in page


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("from=yesterday", "from", "Must be RFC 3339, like 2026-11-23T14:32Z, ms since 1970, a time ago"),
        ("from=-1h&to=-2h", "from", "Must not be after to"),
        ("to=2026-02-30T10:00Z", "to", "Is not a time that exists"),
        ("level=loud", "level", "Must be one of debug"),
        ("type=nothing", "type", "Must be one of job_queued"),
        ("job=%00", "job", "Must be a text"),
        ("source=%00", "source", "Must be a text"),
        ("q=%00", "q", "Must be a text"),
    ],
)  # fmt: skip
def test_a_filter_that_can_not_be_read_is_told_beside_its_field(house, query: str, field: str, reason: str):
    """The page stays, with all that was asked for; nothing is searched, and nothing can be exported by it."""
    house.send([event("error", "a", data={"message": "kept"})])

    page = unescape(house.page(f"/events?q=kept&{query}" if "q=" not in query else f"/events?{query}", 400))

    assert re.search(
        rf'(id="f-{field}"|id="search"|<fieldset)[^>]*aria-invalid="true" aria-errormessage="wrong-{field}"', page
    )
    assert re.search(rf'<p class="hint wrong" id="wrong-{field}" role="alert">{re.escape(reason)}', page)
    assert page.count('aria-invalid="true"') == 1
    assert field == "q" or 'name="q" value="kept"' in page
    assert "Nothing was searched" in page
    assert "event-body" not in page
    assert "/export/events" not in page


def test_every_wrong_filter_is_told_at_once_with_its_value(house):
    """Also one that is chosen, not written."""
    page = house.page("/events?from=x&to=y&level=loud&type=z,error", 400)

    assert page.count('aria-invalid="true"') == 4
    assert 'name="from" value="x"' in page
    assert 'name="to" value="y"' in page
    assert '<option value="loud" selected>loud</option>' in page
    assert 'name="type" value="z" checked' in page
    house.page("/events?next=x", 400)


def test_minutes_are_enough_in_what_is_typed(house):
    """With a zone or in the page's own, as the fields show it."""
    house.send([event("error", "a", data={"message": "here"})])

    for begin in ("2026-11-23T14:32Z", "2026-11-23 14:32"):
        assert "here" in house.page(f"/events?from={begin}")
    assert 'placeholder="2026-11-23 14:00"' in house.page("/events")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", {"room": "events", "types": [], "fromMs": None}),
        ("?job=a&type=log,error", {"room": "job:a", "types": ["log", "error"], "fromMs": None}),
        ("?from=1000", {"room": "events", "types": [], "fromMs": 1_000}),
        ("?q=x", None),
        ("?level=error", None),
        ("?source=x", None),
        ("?to=now", None),
        ("?next=b5", None),
        ("?from=x", None),
    ],
)
def test_new_events_are_counted_by_filters_that_a_script_knows(house, query: str, told):
    """From the newest event that the page could show; not where the server alone can tell what is asked for."""
    commit = house.send([event("error", "a", data={"message": "here"})])

    block = re.search(r'id="page">(.*?)</script>', house.page(f"/events{query}", 400 if query == "?from=x" else 200))

    said = json.loads(block[1]) if block else None
    assert said == (told and {**told, "since": commit.events[-1].cursor})
