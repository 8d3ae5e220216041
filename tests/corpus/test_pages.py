"""What scrapers send, on the pages as the server renders them: text, and never markup or an address that runs."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
from html.parser import HTMLParser

import pytest

from tests.corpus.built import CASES
from tests.corpus.cases import FOLDER
from tests.corpus.house import House
from tests.sockets import PATIENCE_S

SHOWN = [row["id"] for row in json.loads((FOLDER / "display.json").read_text("utf-8")) if "stored" in row["event"]]


class Markup(HTMLParser):
    """Notes the addresses, and whatever would run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.running: list[str] = []
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in ("href", "src", "action") if name in given]
        self.running += [name for name in given if name.startswith("on") or name == "srcdoc"]
        if tag == "iframe" or (tag == "script" and not ("src" in given or given.get("type") == "application/json")):
            self.running.append(tag)


@pytest.fixture
def page(house_in_mode: House):
    """Fetches a page as somebody who is signed in."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def fetch(path: str, form: dict[str, str] | None = None) -> str:
        body = None if form is None else urllib.parse.urlencode(form).encode()
        with browser.open(house_in_mode.server.address + path, body, timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    token = re.search(r'name="csrf_token" value="([^"]+)"', fetch("/login"))
    assert token
    password = house_in_mode.variables["ADMIN_PASSWORD"]
    fetch("/login", {"csrf_token": token[1], "username": "admin", "password": password})
    return fetch


@pytest.mark.statement(32)
def test_what_is_sent_is_shown_as_text(house_in_mode: House, page):
    """On the job's page and in the history no element, handler or link comes of it that could run."""
    house_in_mode.begin()
    for case_id in SHOWN:
        marks = house_in_mode.marks(case_id)
        sent = CASES[case_id].messages[0].events[0]
        assert house_in_mode.by_socket([marks.fill(sent.text)])["accepted"] == 1
        job_id = marks.filled({"jobId": "@job", **(sent.stored or {})})["jobId"]
        for path in (f"/jobs/{urllib.parse.quote(job_id)}", f"/events?job={urllib.parse.quote(job_id, safe='')}"):
            markup = Markup()
            markup.feed(page(path))
            assert job_id in markup.text
            assert markup.running == [], path
            assert [at for at in markup.addresses if not re.match(r"/|#|\?|https?://", at)] == [], path
    house_in_mode.check(rows=len(SHOWN))
