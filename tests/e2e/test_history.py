"""The history in a browser: what is filtered on the page is what is downloaded, in either format."""

import csv
import io
import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsing import enter
from tests.e2e.seed import event

FILTERS = {
    "q=br%C3%BBl%C3%A9e": 3,
    "level=error": 3,
    "job=c%2B3&from=-15m": 63,
    "job=a/1&type=job_completed": 1,
    "to=-1h": 0,
}
"""Queries, and how many of the events below they find."""

ROOM_BELOW = """(mark) => {
  const cuts = [];
  for (let one = mark.parentElement; one.localName !== "table"; one = one.parentElement)
    if (getComputedStyle(one).overflowY !== "visible") cuts.push(one.getBoundingClientRect().bottom);
  return Math.min(...cuts) - mark.getBoundingClientRect().bottom;
}"""
"""The pixels below a mark before something cuts it off, where its line stands."""


@pytest.fixture
def history(one_server, environment, visit):
    """The history of three jobs, 60 items each, of errors and of their ends."""
    for job in ("a/1", "b 2", "c+3"):
        batch = [event("item_scraped", {"title": f"=Card {number}", "price": number}, job) for number in range(60)]
        batch += [event("error", {"message": "blocked", "level": "critical"}, job), event("job_completed", {}, job)]
        batch += [event("log", {"level": "info", "message": "A crème brûlée, “quoted”\nand broken"}, job)]
        one_server.json("/api/v1/events", body=batch, token=environment["INGEST_TOKEN"])
    page = enter(visit(one_server), environment)
    page.goto("/events")
    return page


@pytest.fixture
def api(one_server, environment):
    """What the API says to the same filters."""

    def ask(query: str):
        return one_server.json(f"/api/v1/events?limit=1000&{query}", token=environment["READ_TOKEN"])["items"]

    return ask


def download(page: Page, label: str) -> str:
    """What a click in the export menu gives."""
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as given:
        page.get_by_role("link", name=label, exact=True).click()
    page.keyboard.press("Escape")
    return given.value.path().read_bytes().decode("utf-8-sig")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_filters_hold_in_both_downloads(history, api):
    """A job and two types, chosen by hand: over all pages, exactly the API's events, in its order."""
    history.get_by_label("Job", exact=True).fill("b 2")
    history.get_by_label("Job", exact=True).press("Enter")
    history.wait_for_url("**job=b+2")
    history.get_by_label("item_scraped", exact=True).check()
    history.wait_for_url("**job=b+2&type=item_scraped")
    history.get_by_label("error", exact=True).check()
    history.wait_for_url("**&type=error")
    expected = api("job=b%202&type=item_scraped,error")
    table, lines = rows(download(history, "CSV")), download(history, "JSON lines")

    assert len(expected) == 61
    expect(history.locator("#export [data-n]")).to_have_text("61")
    expect(history.locator("#export-run")).to_be_hidden()
    assert [json.loads(line) for line in lines.splitlines()] == expected
    assert [int(row["cursor"]) for row in table] == [each["cursor"] for each in expected]
    assert {row["jobId"] for row in table} == {"b 2"}
    assert [json.loads(row["data"]) for row in table] == [each["data"] for each in expected]
    expect(history.locator("table.events tbody tr:not(.more)")).to_have_count(50)
    history.get_by_role("link", name="Older").click()
    expect(history.locator("table.events tbody tr:not(.more)")).to_have_count(11)
    assert len(rows(download(history, "CSV"))) == 61


def test_each_filter_gives_the_same_everywhere(history, api):
    """Text, level, time, and jobs with signs that addresses treat as their own."""
    for query, count in FILTERS.items():
        history.goto(f"/events?{query}")
        table, lines = rows(download(history, "CSV")), download(history, "JSON lines").splitlines()

        assert len(api(query)) == count
        assert [json.loads(line) for line in lines] == api(query)
        assert [int(row["cursor"]) for row in table] == [each["cursor"] for each in api(query)]
        expect(history.locator("table.events tbody tr:not(.more)")).to_have_count(min(count, 50))


@pytest.mark.statement(43)
def test_a_downloaded_cell_runs_nowhere(history, one_server):
    """A title that a spreadsheet would take for a formula comes as text; the JSON lines keep it as it was."""
    answer = history.request.get("/export/events.csv?job=a/1&type=item_scraped&fields=title,price")

    titles = [row["title"] for row in rows(answer.text().removeprefix("\ufeff"))]
    assert len(titles) == 60
    assert all(title.endswith(f"=Card {59 - place}") and title[0] == "'" for place, title in enumerate(titles))


def test_an_export_says_how_far_it_is_and_can_be_called_off(history):
    """Row by row of those that there are; nothing is downloaded then, and the next one is whole."""
    history.goto("/events?job=a/1")
    history.get_by_text("Export", exact=True).click()
    expect(history.locator("#export [data-n]")).to_have_text("63")
    history.route("**/export/events.csv?**", lambda route: None)  # a server that takes its time
    downloads: list[object] = []
    history.on("download", lambda given: downloads.append(given))  # noqa: PLW0108  (what it hands on must be a function)
    history.get_by_role("link", name="CSV", exact=True).click()

    expect(history.locator("#export-run")).to_contain_text("0 of 63 rows")
    history.locator("#export-run").get_by_role("button", name="Cancel").click()
    expect(history.locator("#export-run")).to_be_hidden()
    assert downloads == []
    history.unroute("**/export/events.csv?**")
    assert len(rows(download(history, "CSV"))) == 63


def test_an_export_without_a_known_end_is_left_to_the_browser(history):
    """It may be greater than a page can hold; nor are its rows counted before somebody opens the menu."""
    asked: list[str] = []

    def much(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"count": 10_000, "exact": False})

    history.route("**/export/events/count**", much)
    history.goto("/events?job=a/1")
    expect(history.locator("#export [data-n]")).to_be_empty()
    assert asked == []
    history.get_by_text("Export", exact=True).click()
    expect(history.locator("#export [data-n]")).to_have_text("10,000+")
    fetched: list[str] = []
    history.on("request", lambda request: fetched.append(f"{request.resource_type} {request.url}"))
    with history.expect_download() as given:
        history.get_by_role("link", name="CSV", exact=True).click()

    assert len(rows(given.value.path().read_bytes().decode("utf-8-sig"))) == 63
    assert not [each for each in fetched if each.startswith("fetch") and "events.csv" in each]
    assert len(asked) == 1
    expect(history.locator("#export-run")).to_be_hidden()


@pytest.mark.statement(57)
def test_a_search_goes_on_until_it_has_found_something(history, one_server, environment):
    """It looks at a bounded number of events at a time; whoever waits need not click, but can stop it.

    Where the session has ended meanwhile, it stops by itself and can be gone on with.
    """
    token = environment["INGEST_TOKEN"]
    one_server.json("/api/v1/events", body=[event("item_scraped", {"title": "Rarity"}, "a/1")], token=token)
    batch = [event("item_scraped", {"title": f"Card {number}"}, "a/1") for number in range(500)]
    for _ in range(34):
        one_server.json("/api/v1/events", body=batch, token=token)

    stop = history.get_by_role("button", name="Stop searching")
    onward = history.get_by_role("link", name="Search further back")
    history.route("**/events?*next=*", lambda route: None)  # a server that takes its time
    history.goto("/events?q=Rarity")
    expect(onward).to_be_hidden()
    stop.click()
    expect(onward).to_be_focused()
    expect(stop).to_be_hidden()
    history.unroute("**/events?*next=*")
    history.route("**/events?*next=*", lambda route: route.fulfill(status=303, headers={"Location": "/login"}))
    history.reload()
    expect(onward).to_be_visible()
    history.unroute("**/events?*next=*")
    history.reload()

    expect(history.locator("table.events mark").first).to_have_text("Rarity")
    assert "next=" in history.url


def test_what_has_come_since_waits_behind_a_pill(history, one_server, environment):
    """Counted by job, type and time, and shown when somebody asks; too many to count one by one are told as such."""

    def send(*events):
        one_server.json("/api/v1/events", body=list(events), token=environment["INGEST_TOKEN"])

    pill, rows_shown = history.locator("#new-events"), history.locator("table.events tbody tr:not(.more)")
    history.goto("/events?job=a/1&type=error&from=-1h")
    expect(rows_shown).to_have_count(1)
    expect(pill).to_be_hidden()
    send(event("error", {"message": "fresh"}, "a/1"), event("error", {"message": "old"}, "a/1", ago_min=90))
    send(event("log", {"message": "x"}, "a/1"), event("error", {"message": "x"}, "b 2"))
    expect(pill).to_have_text("1 new event")
    expect(rows_shown).to_have_count(1)
    pill.get_by_role("button").click()
    expect(rows_shown).to_have_count(2)
    expect(pill).to_be_hidden()
    history.goto("/events")
    for _ in range(3):
        send(*(event("item_scraped", {"title": "Card"}, "b 2") for _ in range(400)))

    expect(pill).to_have_text("999+ new events")
    history.goto("/events?q=blocked")
    expect(history.locator("#connection")).to_have_attribute("data-state", "live")
    send(event("error", {"message": "blocked"}, "a/1"))
    expect(pill).to_be_hidden()


def test_a_row_opens_by_a_click_anywhere_in_it(history):
    """But not where a link is, nor where somebody marks text; by key as ever. Marks of what was found are whole."""
    history.goto("/events?q=blocked&job=b%202")
    row, body = history.locator("table.events tbody tr").first, history.locator("tr.more").first
    summary = row.locator("summary")
    assert history.locator(".event-body mark").first.evaluate(ROOM_BELOW) >= 2
    row.locator("time").click()
    expect(body).to_be_visible()
    row.locator("td.type").click()
    expect(body).to_be_hidden()
    row.locator("td.type").dblclick(position={"x": 20, "y": 16})
    assert history.evaluate("getSelection().toString().trim()") == "error"
    expect(body).to_be_visible()
    summary.press("Enter")
    expect(body).to_be_hidden()
    place = row.locator("td.type").bounding_box()
    history.mouse.move(place["x"] + 100, place["y"] + 16)
    history.mouse.down()
    history.mouse.move(place["x"] + 5, place["y"] + 16, steps=4)
    history.mouse.up()
    assert history.evaluate("getSelection().toString().trim()")
    expect(body).to_be_hidden()
    row.get_by_role("link").click()
    history.wait_for_url("**/jobs/b%202")


def test_on_a_phone_from_and_to_stand_side_by_side(history):
    """And what they hold in the place of a value can be read whole; so can marks of what was found."""
    history.set_viewport_size({"width": 390, "height": 844})
    history.goto("/events?q=blocked")
    assert history.locator(".event-body mark").first.evaluate(ROOM_BELOW) >= 2
    history.locator(".more-facets summary").click()
    begin, end = history.get_by_label("From", exact=True), history.get_by_label("To", exact=True)

    assert begin.bounding_box()["y"] == end.bounding_box()["y"]
    for field in (begin, end):
        field.evaluate("(one) => { one.value = one.placeholder; }")
        assert field.evaluate("(one) => one.scrollWidth <= one.clientWidth")
