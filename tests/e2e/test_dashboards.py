"""Dashboards in a real browser: imported, drawn, kept up to date, edited and exported."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.seed import chart, config, full, panel
from tests.e2e.browsing import enter, live
from tests.e2e.seed import event
from tests.server import Server

PLOTS = {"line": "g.scatterlayer path.js-line", "bar": "g.barlayer path", "gauge": "g.indicatorlayer path"}
HOSTILE = "</script><img src=x onerror=alert(1)><b onclick=alert(1)>{{7*7}}</b>"
SOON_MS = 20_000


@pytest.fixture
def shop(one_server: Server, environment) -> Server:
    """A server to which a job has told of items, requests and an error."""
    send(one_server, environment, *run(5))
    return one_server


@pytest.fixture
def page(shop: Server, visit, environment) -> Page:
    """The list of jobs, before somebody who is signed in."""
    return enter(visit(shop, excuses=["status of 400"], viewport={"width": 1280, "height": 1400}), environment)


def run(done: int, job: str = "shop-1") -> list[dict[str, Any]]:
    """What a job tells until it has done so much."""
    return [
        event("job_started", {"source": "ebay.com", "query": "vintage cards"}, job),
        event("job_progress", {"done": done, "total": 100, "requests": {"total": done * 2, "failed": 1}}, job),
        *(event("item_scraped", {"title": f"Card {n}", "price": "9.99"}, job) for n in range(done)),
        event("error", {"message": "no price", "kind": "ValueError"}, job),
    ]


def send(server: Server, environment, *events: dict[str, Any]) -> None:
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


def frame(page: Page, name: str):
    """The panel of that id."""
    return page.locator(f'[data-panel="{name}"]')


def test_a_dashboard_with_everything(page: Page, shop: Server, environment, tmp_path: Path):
    """Imported from a file, every panel shows data, goes on by itself, and is exported as it came."""
    whole = full()
    whole["layout"]["refresh"] = 1_000
    imported(page, whole, tmp_path)
    expect(page.get_by_role("heading", name="Shop prices")).to_be_visible()
    for name, mark in PLOTS.items():
        expect(frame(page, name).locator(mark).first).to_be_attached(timeout=SOON_MS)
    expect(frame(page, "jobs")).to_contain_text("ebay.com vintage cards")
    expect(frame(page, "events")).to_contain_text("ValueError: no price")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    send(
        shop, environment, *run(9, "shop-2"), event("error", {"message": "price is gone", "kind": "KeyError"}, "shop-2")
    )
    expect(frame(page, "jobs").locator("tbody tr")).to_have_count(2)
    expect(frame(page, "events")).to_contain_text("KeyError: price is gone")
    expect(frame(page, "rate").locator(".v")).not_to_have_text("–")
    expect(frame(page, "bar").locator(".legend b")).to_have_text("14", timeout=SOON_MS)

    told = exported(page)
    assert {name: value for name, value in told.items() if name != "id"} == whole


def test_a_chart_is_also_a_table_and_a_file(page: Page, tmp_path: Path):
    """Its figures as a table on the page, as CSV and as an image."""
    imported(page, config(panel("bar", options={"chart": chart("bar", "items")}), name="One"), tmp_path)
    bar = frame(page, "bar")
    expect(bar.locator(PLOTS["bar"]).first).to_be_attached()
    bar.hover()
    bar.get_by_role("button", name="Show as table").click()
    expect(bar.get_by_role("columnheader", name="items")).to_be_visible()
    expect(bar.get_by_role("cell", name="5.00")).to_be_visible()
    bar.get_by_role("button", name="Show as table").click()
    saved = {}
    for kind in ("CSV", "PNG"):
        bar.get_by_label("Save the chart").click()
        with page.expect_download() as download:
            bar.get_by_role("button", name=kind).click()
        saved[kind] = download.value.path().read_bytes()

    assert saved["CSV"].splitlines()[0] == b"Time,items"
    assert sum(float(line.split(b",")[1] or 0) for line in saved["CSV"].splitlines()[1:]) == 5
    assert saved["PNG"].startswith(b"\x89PNG")


def test_hostile_texts_stay_texts(page: Page, tmp_path: Path):
    """Titles, labels, ids and names of colours are shown as they are written, in Plotly, too."""
    one = panel(HOSTILE, title=HOSTILE, options={"chart": chart("line", "items")})
    one["options"]["chart"]["display"].update(title=HOSTILE, axes={"x": {"label": HOSTILE}, "y": {"label": HOSTILE}})
    whole = config(one, name=HOSTILE)
    whole["theme"]["colors"] = {HOSTILE: "#ff0000"}
    imported(page, whole, tmp_path)

    expect(page.get_by_role("heading", name=HOSTILE)).to_have_count(2)
    expect(page.locator("g.scatterlayer path.js-line").first).to_be_attached(timeout=SOON_MS)
    assert page.locator("main img, main [onclick]").count() == 0
    assert page.locator("text.ytitle").text_content() == HOSTILE


def test_a_broken_file_is_told_and_harms_nothing(page: Page, tmp_path: Path):
    """By the field at fault; the list stays as it is."""
    whole = full()
    whole["layout"]["panels"][2]["options"]["chart"]["type"] = "pie"
    file = tmp_path / "broken.json"
    page.goto("/dashboards")
    rows = page.locator("tr[data-dashboard]").count()
    for text, told in ((json.dumps(whole), "layout.panels[2].options.chart.type"), ("{", "JSON")):
        file.write_text(text)
        page.locator("#import input").set_input_files(file)
        expect(page.locator("#problem")).to_contain_text(told)

    page.reload()
    expect(page.locator("tr[data-dashboard]")).to_have_count(rows)


def places(page: Page) -> dict[str, list[int]]:
    """Where the panels stand, by the page's own word: x, y, w, h."""
    block: dict[str, Any] = json.loads(page.locator("#page").text_content() or "")
    found: dict[str, list[int]] = block["places"]
    return found


def test_a_dashboard_is_edited_by_keyboard(page: Page, tmp_path: Path):
    """Panels are moved, resized, written, removed and added, and saved all together."""
    whole = config(panel("a", "log", "events"), panel("b", "stats"), panel("c", "table", "jobs"), name="Mine")
    imported(page, whole, tmp_path)
    assert places(page) == {"a": [0, 0, 6, 6], "b": [6, 0, 3, 3], "c": [6, 3, 6, 6]}
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator("#editbar")).to_be_visible()
    frame(page, "b").focus()
    for key in ("ArrowRight", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    frame(page, "a").focus()
    page.keyboard.press("e")
    page.get_by_label("Title").fill("Everything said")
    page.get_by_role("button", name="Take over").click()
    page.once("dialog", lambda dialog: dialog.accept())
    frame(page, "c").focus()
    page.keyboard.press("Delete")
    page.locator("#add").click()
    page.get_by_label("Title").fill("Speed")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#selected")).to_contain_text("not saved")
    page.locator("#save").click()

    expect(frame(page, "panel-3").locator(".plot")).to_be_attached()
    expect(page.get_by_role("heading", name="Everything said")).to_be_visible()
    assert places(page)["b"] == [7, 0, 2, 4]
    assert set(places(page)) == {"a", "b", "panel-3"}


def test_a_panel_is_seen_as_it_is_written(page: Page, shop: Server, tmp_path: Path):
    """At once and without being saved; what can't be used is told at its field, and the form stays open."""
    imported(page, config(panel("a", "log", "events"), name="Mine"), tmp_path)
    page.get_by_role("button", name="Edit", exact=True).click()
    frame(page, "a").focus()
    page.keyboard.press("e")
    page.get_by_label("Type").select_option("stats")
    page.get_by_label("Source", exact=True).select_option("metrics")
    query = page.get_by_label("Query")
    query.fill("no.such")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator(".wrong")).to_have_text(re.compile("^Query: names no.such: no such metric"))
    expect(query).to_have_attribute("aria-invalid", "true")
    expect(query).to_be_focused()
    query.fill("items")
    page.get_by_role("button", name="Take over").click()
    expect(frame(page, "a").locator(".v")).to_have_text("5", timeout=SOON_MS)
    page.locator("#add").click()
    page.get_by_label("Title").fill("Bars")
    page.get_by_label("Kind").select_option("bar")
    page.get_by_label("Metrics").fill("items")
    page.get_by_role("button", name="Take over").click()
    expect(frame(page, "panel-2").locator(PLOTS["bar"]).first).to_be_attached(timeout=SOON_MS)

    assert [one["type"] for one in stored(page)["layout"]["panels"]] == ["log"]
    page.locator("#discard").click()
    expect(frame(page, "a").locator(".log")).to_be_attached()
    expect(frame(page, "panel-2")).to_have_count(0)


def stored(page: Page) -> dict[str, Any]:
    """The dashboard of this page, as the API tells it."""
    found: dict[str, Any] = page.request.get(f"/api/v1{urlsplit(page.url).path}").json()
    return found


def test_a_dashboard_is_edited_by_mouse(page: Page, tmp_path: Path):
    """The head moves a panel, the corner resizes it; others make room."""
    imported(page, config(panel("a", "stats"), panel("b", "stats"), name="Mine"), tmp_path)
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator("#editbar")).to_be_visible()
    drag(page, "a", ".panel-head", 0.5, 0)
    drag(page, "b", ".resize", 1 / 12, 2 * 52)
    page.locator("#save").click()

    expect(page.locator("#edit")).to_be_visible()
    assert places(page) == {"a": [6, 5, 3, 3], "b": [3, 0, 4, 5]}


def drag(page: Page, name: str, grip: str, columns: float, down: float) -> None:
    """Take the panel by its grip across so much of the grid's width, and so many pixels down."""
    box, grid = frame(page, name).locator(grip).bounding_box(), page.locator("#dash").bounding_box()
    assert box
    assert grid
    x, y = box["x"] + min(box["width"] / 2, 60), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + columns * grid["width"] / 2, y + down / 2)
    page.mouse.move(x + columns * grid["width"], y + down)
    page.mouse.up()


def test_a_span_drawn_with_the_mouse_is_in_the_address(page: Page, tmp_path: Path):
    """So that it can be kept, shared and gone back from."""
    imported(page, config(panel("line", options={"chart": chart("line", "items")}), name="One"), tmp_path)
    live(page, page.url)
    expect(frame(page, "line").locator(PLOTS["line"]).first).to_be_attached(timeout=SOON_MS)
    box = frame(page, "line").locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 42, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))

    begin, end = (int(text) for text in re.findall(r"=(\d+)", page.url))
    assert 700_000 < end - begin < 1_200_000
