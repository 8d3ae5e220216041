"""Dashboards in a real browser: imported, drawn, kept up to date and exported."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from app.dashboard.boards import AT_FIRST
from tests.dashboards.seed import chart, config, full, panel
from tests.e2e.boards import PLOTS, exported, frame, imported, run, send
from tests.e2e.browsing import live
from tests.e2e.seed import event
from tests.server import Server

RENEWED_MS = 60_000  # a chart asks again after half of its step, 30 s at the most; see panel.js
HOSTILE = '</script><img src=x onerror=alert(1)><b onclick=alert(1)>{{7*7}}</b>"it\'s"'


def test_a_dashboard_with_everything(page: Page, shop: Server, environment, tmp_path: Path):
    """Imported from a file, every panel shows data, goes on by itself, and is exported as it came."""
    whole = full()
    whole["layout"]["refresh"] = 1_000
    imported(page, whole, tmp_path)
    expect(page.get_by_role("heading", name="Shop prices")).to_be_visible()
    for name, mark in PLOTS.items():
        expect(frame(page, name).locator(mark).first).to_be_attached()
    expect(frame(page, "jobs")).to_contain_text("ebay.com vintage cards")
    expect(frame(page, "events")).to_contain_text("ValueError: no price")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    send(
        shop, environment, *run(9, "shop-2"), event("error", {"message": "price is gone", "kind": "KeyError"}, "shop-2")
    )
    expect(frame(page, "jobs").locator("tbody tr")).to_have_count(2)
    expect(frame(page, "events")).to_contain_text("KeyError: price is gone")
    expect(frame(page, "rate").locator(".v")).not_to_have_text("–")
    expect(frame(page, "bar").locator(".legend b")).to_have_text("14", timeout=RENEWED_MS)

    told = exported(page)
    assert {name: value for name, value in told.items() if name != "id"} == whole


def test_a_chart_is_also_a_table_and_a_file(page: Page, tmp_path: Path):
    """Its figures as a table on the page, as CSV and as an image; panels far below are there, too, for who prints."""
    unseen = [panel(f"jobs{number}", "table", "jobs") for number in range(AT_FIRST)]
    imported(page, config(panel("bar", options={"chart": chart("bar", "items")}), *unseen, name="One"), tmp_path)
    bar = frame(page, "bar")
    expect(bar.locator(PLOTS["bar"]).first).to_be_attached()
    bar.hover()
    bar.get_by_role("button", name="Show as table").click()
    expect(bar.get_by_role("columnheader", name="Items")).to_be_visible()
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
    expect(frame(page, unseen[-1]["id"]).locator("tbody tr")).to_have_count(1)
    expect(frame(page, unseen[-1]["id"])).not_to_be_in_viewport()


def test_hostile_texts_stay_texts(page: Page, tmp_path: Path):
    """Titles, labels, ids and names of colours are shown as they are written, in Plotly, too."""
    one = panel(HOSTILE, title=HOSTILE, options={"chart": chart("line", "items")})
    one["options"]["chart"]["display"].update(title=HOSTILE, axes={"x": {"label": HOSTILE}, "y": {"label": HOSTILE}})
    whole = config(one, name=HOSTILE)
    whole["theme"]["colors"] = {HOSTILE: "#ff0000"}
    imported(page, whole, tmp_path)

    expect(page.get_by_role("heading", name=HOSTILE)).to_have_count(2)
    expect(page.locator("g.scatterlayer path.js-line").first).to_be_attached()
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


def test_a_span_drawn_with_the_mouse_is_in_the_address(page: Page, tmp_path: Path):
    """So that it can be kept, shared and gone back from."""
    imported(page, config(panel("line", options={"chart": chart("line", "items")}), name="One"), tmp_path)
    live(page, page.url)
    expect(frame(page, "line").locator(PLOTS["line"]).first).to_be_attached()
    box = frame(page, "line").locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 42, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))

    begin, end = (int(text) for text in re.findall(r"=(\d+)", page.url))
    assert 700_000 < end - begin < 1_200_000
