"""A newcomer's path, on the pages alone: from an empty server to a job that is seen live, its error, and a file."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import enter, within_a_second
from tests.server import ROOT, Server, path

GROUPED_S = 30
OWN_LINES = """
        if page == "2":
            job.error("no price found", kind="ParseError", url="https://shop.example/cards/7")
"""
"""What somebody's scraper does besides; its pages are the lines that it is given."""


@pytest.fixture
def pasted(tmp_path: Path) -> Iterator[Callable[[str, str], subprocess.Popen[str]]]:
    """Starts a scraper out of the two snippets, for a shell and for Python; `stdin` takes its pages."""
    started: list[subprocess.Popen[str]] = []

    def run(shell: str, python: str) -> subprocess.Popen[str]:
        (tmp_path / "scraper.py").write_text(f'pages = iter(input, "")\n{python.rstrip()}{OWN_LINES}')
        spool = {"SCRAPEWATCH_SPOOL_DIR": str(tmp_path / "spool")}
        started.append(
            subprocess.Popen(
                ["/bin/sh", "-c", f"{shell}\nexec {sys.executable} scraper.py"],
                cwd=tmp_path,
                env={"PATH": path(), "PYTHONPATH": str(ROOT), **spool},
                stdin=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield run
    for each in started:
        each.kill()
        each.communicate()


def copied(page: Page, label: str) -> str:
    """What the button beside that snippet puts into the clipboard."""
    page.locator(".code-wrap", has=page.get_by_label(label, exact=True)).get_by_role("button").click()
    return str(page.evaluate("navigator.clipboard.readText()"))


def crawl(scraper: "subprocess.Popen[str]", line: str) -> None:
    """Give it a page; an empty one is the last."""
    assert scraper.stdin
    scraper.stdin.write(f"{line}\n")
    scraper.stdin.flush()


def grouped(page: Page, message: str) -> Locator:
    """The group of that error, which a busy server makes some seconds later."""
    for _ in range(GROUPED_S):
        if page.get_by_text(message).count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    return page.get_by_text(message).first


def test_a_newcomer_needs_nothing_but_the_pages(one_server: Server, visit, environment, pasted, tmp_path: Path):
    """Sign in, make a token, copy, run; see the job live, open its error, search the history, take it along as CSV."""
    page = enter(visit(one_server, permissions=["clipboard-read", "clipboard-write"]), environment)
    page.get_by_role("link", name="How to send the first one").click()
    page.get_by_role("button", name="Make a token").click()
    page.locator('label[for="sn-python"]').click()
    scraper = pasted(copied(page, "Shell"), copied(page, "Python"))
    crawl(scraper, "1")
    expect(page.get_by_text("The first event has arrived.")).to_be_visible()

    page.get_by_role("link", name="See the job live").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ebay.com vintage cards")
    expect(page.locator('#status [data-status="running"]')).to_be_visible()
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    crawl(scraper, "2")
    within_a_second(page.locator('dl [data-figure="items"]').get_by_text("2", exact=True))
    crawl(scraper, "")
    expect(page.locator('#status [data-status="completed"]')).to_be_visible()
    assert scraper.wait(20) == 0

    page.get_by_role("link", name="Errors").click()
    grouped(page, "no price found").click()
    expect(page.get_by_text("shop.example/cards/").first).to_be_visible()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="History").click()
    page.get_by_role("searchbox").fill("price found")
    page.keyboard.press("Enter")
    expect(page.locator("table.events tbody tr.more")).to_have_count(1)
    page.get_by_text("Export", exact=False).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    found = [(row["type"], row["jobId"], json.loads(row["data"])["message"]) for row in rows]
    assert found == [("error", "123", "no price found")]
