"""Whatever scrapers send, in a real browser: every text of the corpus is shown as text, on load and as it comes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.corpus.cases import FOLDER
from tests.e2e.browsing import enter, live
from tests.e2e.seed import event

JOB = "hostile"
BATCH = 100
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></title></script><svg onload=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "<a href=javascript:alert(1) id=items>",
)
FOREIGN = """() => [...document.querySelectorAll("iframe, object, embed, svg[onload], base, script:not([src])")]
  .filter((node) => node.type !== "application/json").map((node) => node.outerHTML)
  .concat([...document.querySelectorAll("*")].flatMap((node) => [...node.attributes]
    .filter(({ name, value }) => name.startsWith("on") || name === "srcdoc" || /^\\s*javascript:/i.test(value))
    .filter(({ name }) => name.startsWith("on") || ["href", "src", "action", "srcdoc"].includes(name))
    .map(({ name }) => `${node.tagName} ${name}`)))"""


def texts(found: Any) -> Iterator[str]:
    """Every text in a JSON value, names of fields included."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from texts(each)
    elif isinstance(found, dict):
        for name, each in found.items():
            yield name
            yield from texts(each)


def corpus() -> list[str]:
    """All texts in the files of the corpus, as far as UTF-8 can say them; the worst come last, and are seen first."""
    rows = [row for path in sorted(FOLDER.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
    found = {text.encode("utf-8", "replace").decode() for text in texts(rows)}
    return [*sorted(found - set(MARKUP)), *MARKUP]


def events() -> list[dict[str, Any]]:
    """Jobs named by each text, and items and errors of one job that hold it."""
    made: list[dict[str, Any]] = []
    for number, text in enumerate(corpus()):
        made.append(event("job_started", {"source": text, "query": text, "tags": [text]}, f"live-{number}"))
        made.append(event("item_scraped", {"title": text, "price": text, "url": text, "image": text}, JOB))
        made.append(event("error", {"message": text, "kind": text, "stack": text, "url": text}, JOB))
        made.append(event("log", {"level": "info", "logger": text, "message": text}, JOB))
    return made


def send(server: Any, environment: dict[str, str], made: list[dict[str, Any]]) -> int:
    """Send them all; how many were stored, since some texts are no good in an event."""
    taken = 0
    for start in range(0, len(made), BATCH):
        answer = server.json("/api/v1/events", body=made[start : start + BATCH], token=environment["INGEST_TOKEN"])
        taken += answer["accepted"]
    return taken


@pytest.mark.statement(32)
def test_no_text_becomes_more_than_text(one_server, environment, visit):
    """No dialog, no foreign node, no error in the console: in the list, on a job's page and in the history."""
    context = visit(one_server)
    dialogs: list[str] = []
    context.on("dialog", lambda dialog: dismiss(dialog, dialogs))
    jobs = enter(context, environment)
    send(one_server, environment, [event("job_started", {"source": "shop", "query": "all"}, JOB)])
    job, overview = live(context.new_page(), f"/jobs/{JOB}"), live(context.new_page(), "/")
    live(jobs, "/jobs")
    assert send(one_server, environment, events()) > len(MARKUP) * 4
    for text in MARKUP:
        expect(job.locator("#items li", has_text=text).first).to_be_visible()
    expect(jobs.get_by_role("button", name="new job")).to_be_visible()
    for page in (jobs, job, overview):
        look(page)
    jobs.get_by_role("button", name="new job").click()
    for text in MARKUP:
        expect(jobs.locator("tr[data-job]", has_text=text).first).to_be_visible()
    look(jobs)
    while (older := jobs.locator("#paging [rel=next]")).count():
        older.click()
        look(jobs)
    for path in ("/jobs", f"/jobs/{JOB}", "/", f"/events?job={JOB}", "/jobs/live-0"):
        look(live(jobs, path) if path != f"/events?job={JOB}" else at(jobs, path))

    assert dialogs == []


def dismiss(dialog: Dialog, dialogs: list[str]) -> None:
    """Note what it says, and let the page go on."""
    dialogs.append(dialog.message)
    dialog.dismiss()


def at(page: Page, path: str) -> Page:
    """The same page at `path`."""
    page.goto(path)
    return page


def look(page: Page) -> None:
    """Nothing in it runs, and it still has its own heading."""
    assert page.evaluate(FOREIGN) == [], page.url
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
