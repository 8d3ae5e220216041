"""Open pages while a scraper in Node sends: what comes is there within a second, and harmless."""

import re
import time

import pytest
from playwright.sync_api import expect

from app.dashboard.job_tabs.overview import ITEMS
from tests.e2e.browsing import enter, live, within_a_second
from tests.e2e.seed import COMPLETED, ITEM, JOB, STARTED, event
from tests.sockets import PATIENCE_S

NO_NETWORK = """() => {
  Object.defineProperty(navigator, "onLine", { get: () => false });
  dispatchEvent(new Event("offline"));
}"""
"""What a browser says where the server's machine is all that it reaches."""
DAY = r"\d+ \w+ \d{4}, "
FILL_STALLED = """(doubt) => {
  doubt.ownerSVGElement.classList.replace("running", "stalled");
  return getComputedStyle(doubt).fill;
}"""
RENEWED_MS = 11_000
"""After so long, charts have been asked for once more."""
SCRIPT = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture
def job_page(signed_in, from_node):
    """The live page of a job that has just begun."""
    from_node.send(event("job_started", STARTED))
    return live(signed_in, f"/jobs/{JOB}")


def test_the_first_event_turns_the_first_page_green(signed_in, from_node):
    """The page that waits for the first event says that it is there, and leads to its job."""
    live(signed_in, "/")
    expect(signed_in.get_by_role("heading", name="Send your first job")).to_be_visible()
    expect(signed_in.get_by_text("The first event has arrived.")).to_be_hidden()
    from_node.send(event("job_started", STARTED))
    within_a_second(signed_in.get_by_text("The first event has arrived."))

    signed_in.get_by_role("link", name="See the job live").click()
    expect(signed_in).to_have_url(re.compile(f"/jobs/{JOB}$"))
    signed_in.goto("/")
    expect(signed_in.locator(f'#running tr[data-job="{JOB}"]')).to_contain_text("ebay.com vintage cards")


def test_a_job_appears_on_the_overview_and_in_the_list(signed_in, from_node):
    """Both are open, neither is reloaded: the row, the counts and the pill are there within a second."""
    from_node.send(event("job_started", STARTED, "earlier"), event("job_completed", COMPLETED, "earlier"))
    overview, jobs = live(signed_in, "/"), live(signed_in.context.new_page(), "/jobs")
    overview.evaluate(NO_NETWORK)
    from_node.send(event("job_started", STARTED))
    row = overview.locator(f'#running tr[data-job="{JOB}"]')
    pill = jobs.get_by_role("button", name="1 new job")
    within_a_second(row, pill)
    from_node.send(event("item_scraped", ITEM))
    within_a_second(row.locator('[data-cell="items"]', has_text="1"))

    expect(overview.locator("#connection")).to_have_attribute("data-state", "live")
    expect(row.get_by_role("link")).to_have_attribute("href", f"/jobs/{JOB}")
    expect(row.locator('[data-status="running"]')).to_be_visible()
    expect(jobs.locator('[data-count="running"]')).to_have_text("1")
    pill.click()
    expect(jobs.locator("tr[data-job]")).to_have_count(2)
    from_node.send(event("job_completed", COMPLETED))
    within_a_second(*(page.locator(f'tr[data-job="{JOB}"] [data-status="completed"]') for page in (overview, jobs)))


def test_an_item_appears_with_title_price_and_link(job_page, from_node):
    """On the job's open page, within a second; the counter goes up with each."""
    items, count = job_page.locator("#items li"), job_page.locator('dl [data-figure="items"]')
    from_node.send(event("item_scraped", ITEM))
    within_a_second(items.get_by_role("link", name=ITEM["title"]), items.get_by_text(ITEM["price"]))
    within_a_second(count.get_by_text("1", exact=True))
    from_node.send(
        event("item_scraped", {"title": "Another", "price": 5, "currency": "EUR", "url": "http://a.example/5"})
    )
    within_a_second(items.get_by_role("link", name="Another"), items.get_by_text("5 EUR"))
    within_a_second(count.get_by_text("2", exact=True))

    assert items.get_by_role("link").all_inner_texts() == ["Another", ITEM["title"]]
    assert items.get_by_role("link", name="Another").get_attribute("href") == "http://a.example/5"
    assert items.get_by_role("link", name=ITEM["title"]).get_attribute("href") == ITEM["url"]
    from_node.send(event("job_completed", COMPLETED))
    within_a_second(job_page.locator('#status [data-status="completed"]'), job_page.get_by_text("scraper says 50"))


def test_hostile_items_are_harmless_text(job_page, from_node):
    """No element comes of a title, and only http and https become links; live, and when the server paints the page."""
    hostile = [
        {"title": SCRIPT, "price": "<b>1</b>", "url": "https://a.example/?q=<script>"},
        {"title": "no link", "url": "javascript:document.title='owned'"},
        {"title": "nor this", "url": " jAvAsCrIpT:alert(1)"},
        {"title": "nor data", "url": "data:text/html,<script>alert(1)</script>"},
        {"title": {"an": ["object"]}, "price": None, "url": 5},
    ]
    from_node.send(*(event("item_scraped", item) for item in hostile))
    from_node.send(event("error", {"message": SCRIPT, "kind": "<i>", "url": "javascript:alert(1)"}))
    items = job_page.locator("#items li")
    expect(items).to_have_count(len(hostile))
    expect(job_page.locator("#errors li")).to_have_count(1)
    painted_live = job_page.locator("#items, #errors, #log ol").all_inner_texts()

    for _ in range(2):
        expect(items.get_by_text(SCRIPT)).to_be_visible()
        assert job_page.locator("main :is(script, img, b:not(#done b), i)").count() == 0
        addresses = [link.get_attribute("href") or "" for link in job_page.get_by_role("link").all()]
        assert all(re.match(r"/|#|https?://", address) for address in addresses)
        assert items.get_by_role("link").count() == 1
        assert not job_page.title().startswith("owned")
        live(job_page, job_page.url)
    assert job_page.locator("#items, #errors, #log ol").all_inner_texts() == painted_live


def test_who_comes_later_sees_the_same(job_page, from_node, visit, server, environment):
    """A second visitor's page shows what the first one's has gathered live, as many as a page begins with."""
    for number in range(1, ITEMS + 1):
        from_node.send(
            event("item_scraped", {"title": f"Card {number}", "price": number, "url": f"https://a.example/{number}"})
        )
    expect(job_page.locator('dl [data-figure="items"]')).to_have_text(str(ITEMS))
    later = live(enter(visit(server), environment), f"/jobs/{JOB}")

    assert later.locator("#items li").all_inner_texts() == job_page.locator("#items li").all_inner_texts()
    assert later.locator('dl [data-figure="items"]').inner_text() == str(ITEMS)


def test_an_end_that_is_in_doubt_is_told_as_two(job_page, from_node):
    """A job that has slowed down: the page turns to both ends, one days ahead, and hatches the doubt."""
    of, end, doubt = {"total": 1_000, "unit": "pages"}, job_page.locator("#end"), job_page.locator("#bar .maybe")
    from_node.send(
        event("job_started", of, "slow", ago_min=20), event("job_progress", {"done": 500}, "slow", ago_min=10)
    )
    live(job_page, "/jobs/slow")
    expect(end).to_have_text(re.compile(rf"ends after ({DAY})?\d\d:\d\d$"))
    expect(doubt).to_have_attribute("x", "50.00%")
    assert "#hatch" in doubt.evaluate(FILL_STALLED)
    from_node.send(event("job_progress", {"done": 501}, "slow"))

    for _ in range(2):
        expect(end).to_have_text(re.compile(rf"ends ({DAY})?\d\d:\d\d–{DAY}\d\d:\d\d$"))
        expect(end.locator("time").last).to_have_attribute("title", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"))
        expect(job_page.locator("#basis")).to_contain_text("of the last 5 min")
        expect(doubt).to_have_attribute("x", re.compile(r"50\.[1-9]\d%"))
        live(job_page, "/jobs/slow")


def test_a_page_that_was_skipped_asks_for_what_it_missed(signed_in, from_node):
    """The server says that it lags; what it was not sent is there at once, without a reload."""
    lines, missed, keeps_up = [], [], True

    def relay(line):
        lines.append(line)
        line.connect_to_server().on_message(lambda said: pass_on(line, said))

    def pass_on(line, said):
        if keeps_up or not said.startswith('42/live,["events"'):
            line.send(said)
        else:
            missed.append(said)

    signed_in.route_web_socket(re.compile("/socket.io/"), relay)
    from_node.send(event("job_started", STARTED))
    live(signed_in, f"/jobs/{JOB}")
    title = ""
    for number in range(5):  # the page may just then be asking by itself for what came since its first paint
        title = f"Card {number}"
        keeps_up = False
        from_node.send(event("item_scraped", {**ITEM, "title": title}))
        deadline = time.monotonic() + PATIENCE_S
        while not any(title in said for said in missed) and time.monotonic() < deadline:
            signed_in.wait_for_timeout(20)
        keeps_up = True
        signed_in.wait_for_timeout(500)
        if not signed_in.get_by_role("link", name=title).count():
            break
    expect(signed_in.get_by_role("link", name=title)).to_have_count(0)
    lines[-1].send(f'42/live,["lagging",{{"room":"job:{JOB}","skipped":1,"cursor":1}}]')

    within_a_second(signed_in.get_by_role("link", name=title))


def test_what_came_before_the_connection_stands_in_the_list(signed_in, from_node):
    """A list with nothing on it is looked at anew; of one that has rows these alone are asked for."""
    is_slow, held, asked = True, [], []

    def relay(line):
        server = line.connect_to_server()
        line.on_message(lambda said: held.append((server, said)) if is_slow else server.send(said))

    def let_through():
        while held:
            server, said = held.pop(0)
            server.send(said)

    signed_in.route_web_socket(re.compile("/socket.io/"), relay)
    signed_in.on("request", lambda request: asked.append(re.sub(r".*?//[^/]*|[?].*", "", request.url)))
    row, chip = signed_in.locator(f'tr[data-job="{JOB}"]'), signed_in.locator("#connection")
    signed_in.goto("/jobs")
    from_node.send(event("job_started", STARTED))
    expect(chip).not_to_have_attribute("data-state", "live")
    is_slow = False
    let_through()
    expect(row.locator('[data-status="running"]')).to_be_visible()

    is_slow = True
    signed_in.goto("/jobs")
    asked.clear()
    from_node.send(event("item_scraped", ITEM), event("job_completed", COMPLETED))
    is_slow = False
    let_through()
    expect(chip).to_have_attribute("data-state", "live")
    expect(row.locator('[data-status="completed"]')).to_be_visible()
    assert "/jobs.json" in asked
    assert "/jobs" not in asked


def test_legends_are_renewed_with_their_charts(signed_in, from_node):
    """On a page that was opened before there were figures they move nothing; once the job is over they are whole."""
    from_node.send(event("job_started", STARTED))
    signed_in.clock.install()
    live(signed_in, f"/jobs/{JOB}?tab=metrics")
    legend, plot = signed_in.locator("#items-legend"), signed_in.locator("#items")
    expect(legend).to_be_empty()
    above = plot.bounding_box()["y"]
    from_node.send(event("item_scraped", ITEM), event("error", {"message": "No price"}))
    signed_in.clock.run_for(RENEWED_MS)
    expect(legend).to_contain_text("Items")
    assert plot.bounding_box()["y"] == above
    from_node.send(event("error", {"message": "No price"}), event("job_completed", COMPLETED))
    expect(signed_in.locator("#status")).to_contain_text("Completed")
    signed_in.clock.run_for(RENEWED_MS)
    expect(signed_in.locator("#errors-legend")).to_contain_text(re.compile(r"Errors\s*2"))


def test_a_list_of_items_is_renewed_with_the_fields_beside_it(signed_in, from_node):
    """Both are of one moment; a table too wide for its place is shaded where it goes on."""
    wide = {f"field{number}": "a text of some length" for number in range(10)}
    from_node.send(event("job_started", STARTED), event("item_scraped", wide))
    live(signed_in, f"/jobs/{JOB}?tab=items")
    table = signed_in.get_by_role("region", name="Items")
    assert table.evaluate("(one) => one.scrollWidth > one.clientWidth")
    box = table.bounding_box()
    end = {"x": box["x"] + box["width"] - 3, "y": box["y"] + 2, "width": 2, "height": 3}  # above the words of the head
    shaded = signed_in.screenshot(clip=end)
    table.evaluate("(one) => one.scrollTo(one.scrollWidth, 0)")
    assert signed_in.screenshot(clip=end) != shaded

    from_node.send(event("item_scraped", wide), event("item_scraped", wide))
    signed_in.get_by_role("button", name="2 new items").click()
    expect(signed_in.locator("#items-fields")).to_contain_text("in the newest 3 items")
    expect(signed_in.locator("#items-table tbody tr")).to_have_count(3)
