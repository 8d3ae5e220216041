"""The page of the audit log, its export and its API: who did what, found and taken away."""

import csv
import io
import json

import pytest

from app.accounts.actions import ACTIONS, KINDS
from app.accounts.actors import Actor, Origin
from app.accounts.audit import Thing
from app.dashboard import audit
from app.dashboard.audit import Change, changes
from app.dashboard.browsers import browser
from tests.dashboard.conftest import House, enter

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ZOE = Actor("user", "zoe", 1, Origin("10.0.0.7", FIREFOX))


@pytest.fixture
def log(house: House) -> House:
    """A house in which an admin looks at what was done."""
    enter(house, "boss", "admin")
    note = house.audit.note
    note(ZOE, "rule.change", Thing("rule", "7", "slow <b>"), before={"a": {"b": 1}}, after={"a": {"b": "<i>"}})
    note(Actor("cli", "cli:root"), "dashboard.delete", Thing("dashboard", "3", "=mine"), before={"name": "=mine"})
    return house


def test_it_says_who_did_what_and_from_where(log: House):
    """With what was and what is, as text whatever it holds; the thing is a link while it is there."""
    page = log.page("/settings/audit")

    for told in ("zoe", "changed a rule", "slow &lt;b&gt;", "a.b", "<del>1</del>", "<ins>&lt;i&gt;</ins>", "10.0.0.7"):
        assert told in page
    assert "Firefox on Linux" in page
    assert 'href="/alerts/rules/7"' in page
    assert 'href="/dashboards/3"' not in page
    assert "signed in" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=zoe&kind=rule", ["rule.change"]),
        ("action=dashboard.delete,rule.change", ["dashboard.delete", "rule.change"]),
        ("kind=dashboard&id=3", ["dashboard.delete"]),
        ("kind=dashboard&id=4", []),
        ("q=10.0.0.7", ["rule.change"]),
        ("q=%3Cb%3E", ["rule.change"]),
        ("from=-1h&kind=rule", ["rule.change"]),
        ("to=-1h", []),
    ],
)
def test_page_export_and_api_show_the_same(log: House, query: str, found: list[str]):
    """By the filters of the address; a spreadsheet does not run what somebody has written."""
    page, client = log.page(f"/settings/audit?{query}"), log.client
    listed = client.get(f"/api/v1/audit?{query}").json["items"]  # type: ignore[index]
    lines = [json.loads(line) for line in client.get(f"/export/audit.jsonl?{query}").text.splitlines()]
    rows = list(csv.DictReader(io.StringIO(client.get(f"/export/audit.csv?{query}").text.lstrip("\ufeff"))))

    assert [one["action"] for one in listed] == found
    assert lines == listed
    assert [row["action"] for row in rows if row["kind"] != "export"] == found  # the one before has its line, too
    assert not any(row["name"].startswith("=") for row in rows)
    assert page.count("<tr>") == len(found) + bool(found)
    if not found:
        assert "Nothing of that kind" in page


def test_it_goes_on_page_by_page(log: House):
    """From the newest backwards, by numbers that stay."""
    first = log.client.get("/api/v1/audit?limit=1").json
    assert first
    second = log.client.get(f"/api/v1/audit?limit=1&next={first['next']}").json
    assert second
    assert [one["action"] for one in (*first["items"], *second["items"])] == ["dashboard.delete", "rule.change"]


@pytest.mark.parametrize("query", ["action=x", "kind=x", "from=never", "next=x", "limit=0"])
def test_a_filter_that_can_not_be_is_told(log: House, query: str):
    """By page, export and API alike, as far as they have it."""
    assert log.client.get(f"/api/v1/audit?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("from=never", "from", "Must be RFC 3339, like 2026-11-23T14:32Z"),
        ("to=2026-11-23T25:00Z", "to", "Is not a time that exists"),
        ("action=x", "action", "Must be one of"),
        ("kind=x", "kind", "Must be one of"),
        ("id=%00", "id", "Must be a text"),
    ],
)
def test_its_page_stays_and_tells_it_beside_the_field(log: House, query: str, field: str, reason: str):
    """With all that was asked for; nothing is searched."""
    page = log.page(f"/settings/audit?who=zoe&{query}", 400)

    assert f'aria-invalid="true" aria-errormessage="wrong-{field}"' in page
    assert f'id="wrong-{field}" role="alert">{reason}' in page
    assert '<option value="zoe" selected>' in page
    assert "Nothing was searched" in page
    assert "changed a rule" not in page.split('class="chip"')[1].split("</select>")[-1]
    assert "/export/audit" not in page


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_it_is_for_admins_alone(house: House, role: str):
    """Others have neither the page nor its tab."""
    enter(house, "eve", role)

    for path in ("/settings/audit", "/api/v1/audit", "/export/audit.csv"):
        assert house.client.get(path).status_code == 403
    assert "/settings/audit" not in house.page("/settings/preferences")


def test_an_export_of_the_log_is_in_the_log(log: House):
    """With its filters and the number of its rows."""
    assert log.client.get("/export/audit.csv?kind=rule").text

    [end, begin] = log.client.get("/api/v1/audit?kind=export").json["items"]  # type: ignore[index]
    assert (begin["action"], begin["after"]) == ("export.begin", {"filters": {"kind": "rule"}})
    assert (end["action"], end["after"]) == ("export.end", {"rows": 1, "whole": True})


def test_the_words_are_those_of_the_tables():
    """Every kind has its word, and every action begins with one of the kinds or a word of its own."""
    assert set(audit.KINDS) == set(KINDS)
    own = {"login", "logout", "store", "secrets", "server"}
    assert {action.partition(".")[0] for action in ACTIONS} <= {*KINDS, *own}


def test_changes_are_told_field_by_field():
    """Those of records by dotted names; very long ones are cut."""
    told = changes({"a": {"b": 1, "c": []}, "x": "y"}, {"a": {"b": 2}, "z": "q" * 1_000})

    assert told == [
        Change("a.b", "1", "2"), Change("a.c", "[]", None), Change("x", "y", None), Change("z", None, "q" * 200 + "…"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iOS",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "–"),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str, told: str):
    """A program is what it calls itself."""
    assert browser(agent) == told
