"""Dashboards edited in a real browser, by keyboard and by mouse."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboards.seed import chart, config, panel
from tests.e2e.boards import PLOTS, frame, imported, stored


def places(page: Page) -> dict[str, list[int]]:
    """Where the panels stand, by the page's own word: x, y, w, h."""
    block: dict[str, Any] = json.loads(page.locator("#page").text_content() or "")
    found: dict[str, list[int]] = block["places"]
    return found


def begin(page: Page) -> None:
    """Edit the dashboard that is looked at."""
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator("#editbar")).to_be_visible()


def test_a_dashboard_is_edited_by_keyboard(page: Page, tmp_path: Path):
    """Panels are moved, resized, written, removed and added, and saved all together."""
    whole = config(panel("a", "log", "events"), panel("b", "stats"), panel("c", "table", "jobs"), name="Mine")
    imported(page, whole, tmp_path)
    assert places(page) == {"a": [0, 0, 6, 6], "b": [6, 0, 3, 3], "c": [6, 3, 6, 6]}
    begin(page)
    frame(page, "b").focus()
    for key in ("ArrowRight", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    frame(page, "a").focus()
    page.keyboard.press("e")
    page.get_by_label("Title").fill("Everything said")
    page.get_by_role("button", name="Take over").click()
    expect(frame(page, "a")).to_be_focused()  # once the server has looked at it, the form closes
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


def test_a_panel_is_seen_as_it_is_written(page: Page, tmp_path: Path):
    """At once and without being saved; what can't be used is told at its field, and the form stays open."""
    imported(page, config(panel("a", "log", "events"), name="Mine"), tmp_path)
    begin(page)
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
    expect(frame(page, "a").locator(".v")).to_have_text("5")
    page.locator("#add").click()
    page.get_by_label("Title").fill("Bars")
    page.get_by_label("Kind").select_option("bar")
    aggregation = page.get_by_label("Aggregation")
    expect(aggregation).to_have_value("avg")
    page.get_by_label("Metrics").fill("items")
    expect(aggregation).to_have_value("sum")
    page.get_by_role("button", name="Take over").click()
    expect(frame(page, "panel-2").locator(PLOTS["bar"]).first).to_be_attached()

    assert [one["type"] for one in stored(page)["layout"]["panels"]] == ["log"]
    page.locator("#discard").click()
    expect(frame(page, "a").locator(".log")).to_be_attached()
    expect(frame(page, "panel-2")).to_have_count(0)


def test_a_form_opened_at_once_again_can_be_left(page: Page, tmp_path: Path):
    """Browsers tell of a closing later; that of the time before does not end what is asked now."""
    imported(page, config(panel("a", "log", "events"), name="Mine"), tmp_path)
    begin(page)
    form = page.locator("#panel-form")
    form.evaluate(
        """form => new Promise((told) => {
            form.addEventListener("close", told, { once: true });
            const [edit, cancel] = [document.querySelector("[data-tool=edit]"), form.querySelector("[data-cancel]")];
            for (const button of [edit, cancel, edit]) button.click();
        }).then(() => undefined)"""
    )
    expect(form).to_be_visible()
    page.get_by_role("button", name="Cancel").click()

    expect(form).to_be_hidden()
    expect(frame(page, "a")).to_be_focused()


def test_a_chart_keeps_what_its_form_does_not_change(page: Page, tmp_path: Path):
    """A span of seconds and a title of its own, until the panel is renamed; both axes can be named."""
    shown = chart("bar", "items")
    shown["data"]["timeRange"] = 30_000
    imported(page, config(panel("bar", options={"chart": shown}), name="Mine"), tmp_path)
    begin(page)
    frame(page, "bar").focus()
    page.keyboard.press("e")
    page.get_by_label("Label of the x axis").fill("when")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#panel-form")).to_be_hidden()
    frame(page, "bar").focus()
    page.keyboard.press("e")
    page.get_by_label("Title").fill("Renamed")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#panel-form")).to_be_hidden()
    frame(page, "bar").focus()
    page.keyboard.press("e")
    expect(page.get_by_label("Label of the x axis")).to_have_value("when")
    page.get_by_role("button", name="Cancel").click()
    page.locator("#save").click()
    expect(page.locator("#edit")).to_be_visible()

    kept = stored(page)["layout"]["panels"][0]["options"]["chart"]
    assert kept["display"] == {
        "title": "Renamed",
        "axes": {"x": {"label": "when"}, "y": {"label": "items"}},
        "legend": True,
    }
    assert kept["data"] == {"metrics": ["items"], "timeRange": 30_000, "aggregation": "sum"}


def test_the_dashboard_itself_is_written_in_a_form(page: Page, tmp_path: Path):
    """Its name, refresh, theme and colours are seen at once, and kept once it is saved."""
    imported(page, config(panel("bar", options={"chart": chart("bar", "items")}), name="Mine"), tmp_path)
    bars = frame(page, "bar").locator(PLOTS["bar"])
    expect(bars.first).to_be_attached()
    begin(page)
    page.locator("#board").click()
    page.get_by_label("Name", exact=True).fill("Prices")
    page.get_by_label("Renewed every").fill("2")
    page.get_by_label("Theme").last.select_option("As the viewer has it")
    page.locator("[data-add]").click()
    page.locator("[name=colourName]").last.fill("items")
    page.locator("[name=colour]").last.fill("#ff8800")
    page.get_by_role("button", name="Take over").click()

    expect(page.get_by_role("heading", name="Prices")).to_be_visible()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    expect(bars.first).to_have_css("fill", "rgb(255, 136, 0)")
    assert stored(page)["name"] == "Mine"
    page.locator("#save").click()
    expect(page.locator("#edit")).to_be_visible()
    told = stored(page)
    assert (told["name"], told["layout"]["refresh"]) == ("Prices", 2_000)
    assert told["theme"] == {"dark": False, "colors": {"primary": "#0d8c94", "items": "#ff8800"}}


def test_what_a_dashboard_can_t_be_is_told_at_its_field(page: Page, tmp_path: Path):
    """By keyboard alone; the form stays open until it can be used."""
    imported(page, config(name="Mine"), tmp_path)
    begin(page)
    page.locator("#board").press("Enter")
    name, wrong = page.get_by_label("Name", exact=True), page.locator(".wrong")
    expect(name).to_be_focused()
    name.fill("Overview")
    page.keyboard.press("Enter")
    expect(wrong).to_have_text("Name: There is a dashboard 'Overview' already")
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("Mine")
    page.get_by_label("Renewed every").fill("100000")
    page.keyboard.press("Enter")
    expect(page.locator("[name=refresh]:invalid")).to_be_focused()
    page.get_by_label("Renewed every").fill("0")
    page.locator("[data-add]").press("Enter")
    page.keyboard.type("primary")
    page.keyboard.press("Enter")
    expect(wrong).to_have_text("Name of the colour: is the name of two colours")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("#board-form")).to_be_hidden()
    expect(page.locator("#selected")).to_contain_text("not saved")


def test_a_dashboard_is_edited_by_mouse(page: Page, tmp_path: Path):
    """The head moves a panel, the corner resizes it; others make room."""
    imported(page, config(panel("a", "stats"), panel("b", "stats"), name="Mine"), tmp_path)
    begin(page)
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
