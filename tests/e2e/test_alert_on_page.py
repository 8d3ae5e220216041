"""The rule `high_failure_rate` that every house begins with: seen to fire and to resolve, on open pages and sockets."""

import re

import pytest
from playwright.sync_api import expect

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.e2e.browsing import live
from tests.e2e.seed import COMPLETED, event
from tests.sockets import watching

RULE = "high_failure_rate"
RULES = "/api/v1/alerts/rules"
ENOUGH_TO_FIRE = 5
ENOUGH_TO_RESOLVE = 50
"""Completed jobs beside those failed: 5 of 55 are under a tenth."""


@pytest.fixture
def end_jobs(server, environment):
    """Ends jobs of which nothing else was heard."""

    def end(event_type: str, count: int, **data: object) -> None:
        events = [event(event_type, data, f"{event_type}-{number}") for number in range(count)]
        answer = server.json("/api/v1/events", body=events, token=environment["INGEST_TOKEN"])
        assert answer["accepted"] == count

    return end


@pytest.fixture
def quick(server, sqlite_url):
    """Lets the rule be over as soon as it no longer holds, in place of two minutes later."""
    database = Database(sqlite_url)
    _, token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("ops", "operate")
    database.close()
    (rule,) = [rule for rule in server.json(RULES, token=token)["items"] if rule["name"] == RULE]
    server.json(f"{RULES}/{rule['id']}", method="PUT", body={**rule, "keepFiringFor": 0}, token=token)


@pytest.mark.usefixtures("quick")
def test_it_fires_and_resolves_on_open_pages(signed_in, server, environment, end_jobs):
    """Told to readers of `alerts` as `system_alert`; toast, count and list change without a reload by hand."""
    end_jobs("job_failed", ENOUGH_TO_FIRE - 1, error="blocked")
    overview, alerts = live(signed_in, "/"), live(signed_in.context.new_page(), "/alerts")
    with watching(server, environment["READ_TOKEN"]) as reader:
        reader.subscribe(room="alerts")

        def told(state: str) -> list[dict[str, object]]:
            heard = [notice["data"] for notice in reader.named("system_alert")]
            return [data for data in heard if (data["name"], data["state"]) == (RULE, state)]

        end_jobs("job_failed", ENOUGH_TO_FIRE, error="blocked")
        reader.wait(lambda: bool(told("firing")))
        expect(overview.locator(".toast", has_text=RULE)).to_contain_text("jobs.failureRate is 100 %, above 10 %.")
        expect(overview.locator("#pulse")).to_have_text(re.compile(r"\d firing"))
        incident = alerts.locator("tr[data-incident]", has_text=RULE)
        expect(incident).to_contain_text("jobs.failureRate is 100 %, above 10 %.")
        assert [(one["severity"], one["value"], one["threshold"]) for one in told("firing")] == [("warning", 1.0, 0.1)]
        signed_in.context.add_cookies([{"name": "language", "value": "fr", "url": server.address}])
        french = live(signed_in.context.new_page(), "/jobs")

        end_jobs("job_completed", ENOUGH_TO_RESOLVE, **COMPLETED)
        reader.wait(lambda: bool(told("resolved")))
        expect(overview.locator(".toast", has_text=RULE)).to_contain_text("the alert was for above 10 %.")
        expect(french.locator(".toast", has_text=RULE)).to_contain_text("l’alerte était pour au-dessus de 10")
        signed_in.context.add_cookies([{"name": "language", "value": "en", "url": server.address}])
        expect(incident).to_have_count(0)
        alerts.get_by_role("link", name="History").nth(1).click()
        expect(incident).to_contain_text("Resolved")

    rows = overview.locator(".incident", has_text=RULE)
    expect(rows).to_contain_text("Resolved")
    expect(overview.locator("#pulse")).to_contain_text("None firing")
    expect(overview).not_to_have_title(re.compile(r"\("))
