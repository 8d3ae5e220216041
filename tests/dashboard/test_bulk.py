"""Several jobs at once: which they are, what is done with them, and who may."""

import re
from html import unescape
from typing import Any

import pytest

from app.storage.base import EventFilter
from app.storage.base_alerts import Incident, IncidentFilter
from app.storage.base_jobs import JobFilter
from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import post, token
from tests.dashboard.test_jobs_page import four, listed
from tests.fakes import event, said

__all__ = ["four"]


def keys(house: House, *names: str) -> list[str]:
    """The numbers that the page has for jobs of these ids."""
    page = house.page("/jobs")
    return [re.search(rf'data-job="{name}" data-key="(\d+)"', page)[1] for name in names]  # type: ignore[index]


def sign_in(house: House, role: str) -> None:
    """Somebody of that role looks at the pages from now on."""
    house.accounts.users.create(role, "secret", role)
    house.client = house.client.application.test_client()
    house.client.post("/login", data={"csrf_token": token(house, "/login"), "username": role, "password": "secret"})


def test_the_chosen_jobs_are_exported_or_all_that_match(four: House):
    """The answer leads to the export of exactly those."""
    chosen = post(four, "/jobs", act="export", key=keys(four, "a", "b"), query="")
    matching = post(four, "/jobs", act="export", all="yes", query="q=source:ebay*")

    assert [line.split(",")[0] for line in four.page(chosen).splitlines()[1:]] == ["b", "a"]
    assert [line.split(",")[0] for line in four.page(matching).splitlines()[1:]] == ["c", "a"]


def test_deletion_asks_then_deletes_what_it_asked_about(four: House):
    """By an admin; the page says how many, which, and which of them still run."""
    sign_in(four, "admin")

    asked = unescape(post(four, "/jobs", 200, act="delete", all="yes", query="q=source:ebay*,olx*"))
    assert "Delete 3 jobs?" in asked
    assert "2 of them still run" in asked
    assert len(listed(four.page("/jobs"))) == 4

    (named,) = re.findall(r'name="key" value="([\d,]+)"', asked)
    back = post(four, "/jobs", act="delete", sure="yes", key=named, query="status=failed")
    assert back == "/jobs?status=failed"
    assert [job.id for job in four.events.jobs(JobFilter())] == ["d"]


@pytest.mark.parametrize(
    ("role", "act"),
    [("viewer", "delete"), ("viewer", "acknowledge"), ("viewer", "tag"), ("viewer", "pin"), ("operator", "delete")],
)
def test_who_may_not_is_refused_and_not_asked(four: House, role: str, act: str):
    """The page does not offer it, and the form is refused."""
    if role != "viewer":
        sign_in(four, role)

    assert f'name="act" value="{act}"' not in four.page("/jobs")
    post(four, "/jobs", 403, act=act, sure="yes", key=keys(four, "a"), query="")
    assert len(listed(four.page("/jobs"))) == 4


@pytest.mark.parametrize("fields", [{"act": "rename"}, {"act": "export"}, {"act": "export", "key": "x"}])
def test_a_form_that_says_nothing_of_use_is_refused(four: House, fields: dict[str, str]):
    """With the field at fault."""
    answer = post(four, "/jobs", 400, query="", **fields)

    assert re.search(r"(act|key): ", answer)


def test_jobs_are_tagged_and_found_by_it(four: House):
    """Their history says by whom; a tag twice, or one that is not there, changes nothing."""
    sign_in(four, "operator")

    assert (
        post(four, "/jobs", act="tag", tag=" to check ", key=keys(four, "a", "b"), query="status=") == "/jobs?status="
    )
    post(four, "/jobs", act="tag", tag="to check", all="yes", query="q=source:ebay.fr,ebay.com")
    post(four, "/jobs", act="untag", tag="nothing", all="yes", query="")
    assert listed(four.page('/jobs?q=tag:"to+check"')) == ["c", "a", "b"]
    post(four, "/jobs", act="untag", tag="to check", key=keys(four, "a"), query="")

    assert listed(four.page('/jobs?q=tag:"to+check"')) == ["c", "b"]
    told = [(each.job_id, said(each)) for each in four.events.events(EventFilter(types=("job_tagged",)))]
    added, removed = {"added": ["to check"], "by": "operator"}, {"removed": ["to check"], "by": "operator"}
    assert sorted(told, key=str) == sorted([(job, added) for job in "abc"] + [("a", removed)], key=str)
    history = four.page("/events?job=a")
    assert "operator added the tag to check" in history
    assert "operator removed the tag to check" in history


def test_jobs_are_pinned_and_found_by_it(four: House):
    """On the list or on their pages; the history says by whom, and a deletion names how many there are."""
    assert 'action="/pins"' not in four.page("/jobs/a")
    sign_in(four, "admin")

    post(four, "/jobs", act="pin", key=keys(four, "a", "b"), query="")
    post(four, "/jobs", act="pin", all="yes", query="q=is:pinned")
    post(four, "/jobs", act="unpin", key=keys(four, "b"), query="")
    assert post(four, "/pins", job="c", pinned="1") == "/jobs/c"

    assert listed(four.page("/jobs?q=is:pinned")) == ["c", "a"]
    assert listed(four.page("/jobs?q=-is:pinned")) == ["d", "b"]
    told = [(each.job_id, each.type) for each in four.events.events(EventFilter(types=("job_pinned", "job_unpinned")))]
    assert told[:2] == [("c", "job_pinned"), ("b", "job_unpinned")]
    assert sorted(told[2:]) == [("a", "job_pinned"), ("b", "job_pinned")]
    assert "admin pinned the job" in four.page("/events?job=a")
    assert 'value="0" aria-pressed="true"' in four.page("/jobs/c")
    assert "2 of them are pinned" in unescape(post(four, "/jobs", 200, act="delete", all="yes", query=""))
    four.page("/jobs?q=is:busy", 400)


@pytest.mark.parametrize("tag", ["", "  ", "x" * 65, "a\nb"])
def test_a_tag_that_nobody_could_read_is_refused(four: House, tag: str):
    """By its field."""
    sign_in(four, "operator")
    assert "tag: " in post(four, "/jobs", 400, act="tag", tag=tag, key=keys(four, "a"), query="")


def fail(house: House, *job_ids: str) -> None:
    """Open jobs report many errors, and a rule that minds jobs one by one fires."""
    house.alerts.rules.create(
        {
            "name": "many errors",
            "condition": {"metric": "errors", "operator": ">", "threshold": 3},
            "groupBy": ["job"],
            "severity": "error",
            "channels": [],
            "cooldown": 0,
        }
    )
    house.alerts.rebuild()
    body = {"message": "no", "count": 9}
    commit = house.send([event("error", job_id, data=body, level=3) for job_id in job_ids])
    house.alerts.on_commit(commit)
    house.alerts.evaluate()


def test_the_alerts_of_jobs_are_acknowledged(four: House):
    """Each row says how many fire for its job, and leads to them; others' incidents stay as they are."""
    fail(four, "a")
    (incident,) = four.alerts.incidents(IncidentFilter(states=("firing",)))
    rows = {job_id: four.page("/jobs").split(f'<tr data-job="{job_id}"')[1].split("</tr>")[0] for job_id in "ac"}
    assert f'href="/alerts/incidents/{incident.id}" title="firing: 1, acknowledged: 0">' in rows["a"]
    assert 'title="firing: 0, acknowledged: 0" hidden' in rows["c"]
    assert re.search(r'c-errors p1 bad".*?data-cell="errors" title="9 in all">9<', rows["a"])

    sign_in(four, "operator")
    post(four, "/jobs", act="acknowledge", key=keys(four, "c"), query="")
    assert four.alerts.incident(incident.id).state == "firing"
    post(four, "/jobs", act="acknowledge", all="yes", query="")

    assert four.alerts.incident(incident.id).acked_by == "operator"
    assert 'bellcount acked" data-cell="alerts"' in four.page("/jobs")


def test_rows_look_up_their_own_alerts_alone(four: House, monkeypatch: pytest.MonkeyPatch):
    """However many others are open: the list is renewed every few seconds, by everybody who looks."""
    fail(four, "a", "c")
    find, looked = four.alerts.incidents, list[Incident]()

    def incidents(*wanted: Any, **page: Any) -> list[Incident]:
        found = find(*wanted, **page)
        looked.extend(found)
        return found

    monkeypatch.setattr(four.alerts, "incidents", incidents)

    assert 'title="firing: 1, acknowledged: 0">' in four.page("/jobs?q=id:a")
    assert [dict(one.group)["job"] for one in looked] == ["a"]


def test_the_alerts_of_all_that_match_are_acknowledged(four: House, monkeypatch: pytest.MonkeyPatch):
    """Also where they are more than one look finds, and of none besides."""
    monkeypatch.setattr("app.dashboard.bulk.MOST", 1)
    four.send([event("job_started", name, data={"source": "ebay.at"}) for name in ("e", "f")])
    fail(four, "a", "e", "f", "c")
    sign_in(four, "operator")

    post(four, "/jobs", act="acknowledge", all="yes", query="q=source:ebay.com,ebay.at")

    states = {dict(one.group)["job"]: one.state for one in four.alerts.incidents()}
    assert states == dict.fromkeys("aef", "acknowledged") | {"c": "firing"}


@pytest.mark.parametrize(
    ("address", "offer"),
    [
        ("/jobs", "or with all 4 that match"),
        ("/jobs?status=failed", "or with all 2 that match"),
        ("/jobs?status=failed,running", "or with all 4 that match"),
        ("/jobs?status=failed,lost&q=olx", "or with the only one that matches"),
    ],
)
def test_the_bar_says_how_many_match(four: House, address: str, offer: str):
    """In all states that are asked for."""
    assert offer in four.page(address)
