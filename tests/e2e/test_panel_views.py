"""A chart of a week, looked at in other ways."""

import re
import struct
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboards.seed import chart, config, panel
from tests.e2e.boards import PLOTS, frame, imported

LEAST_WIDTH = 400


def test_a_week_is_told_with_its_days(page: Page, tmp_path: Path):
    """The table says of each row its day, and how many rows it leaves out; it can be saved as an image, too."""
    shown = chart("line", "items")
    shown["data"]["timeRange"] = 7 * 86_400_000
    imported(page, config(panel("line", options={"chart": shown}), name="One"), tmp_path)
    line = frame(page, "line")
    expect(line.locator(PLOTS["line"]).first).to_be_attached()
    assert page.locator(".plot").evaluate("(plot) => plot._fullLayout.xaxis.hoverformat") == "%Y-%m-%d %H:%M"
    line.hover()
    line.get_by_role("button", name="Show as table").click()
    expect(line.locator("tbody tr").first.locator("td").first).to_have_text(re.compile(r"^20\d\d-\d\d-\d\d \d\d:\d\d$"))
    expect(line.locator("caption")).to_have_text(re.compile(r"^The newest 200 of \d{3} rows; the CSV has them all\.$"))
    line.get_by_label("Save the chart").click()
    with page.expect_download() as download:
        line.get_by_role("button", name="PNG").click()
    image = download.value.path().read_bytes()

    assert image.startswith(b"\x89PNG")
    assert struct.unpack(">I", image[16:20])[0] > LEAST_WIDTH
