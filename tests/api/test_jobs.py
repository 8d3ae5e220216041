"""``/api/v1/jobs``: lists, one job, deletion."""

import time
from datetime import datetime

import pytest

from tests.sockets import scraped

JOBS = "/api/v1/jobs"
MINUTE_MS = 60_000
SLASHED = "shop/2026-11-23/run 1"


@pytest.fixture
def jobs(scraper):
    """One completed job and one that runs, whose id holds slashes."""
    scraper.post(
        "/api/v1/events",
        [
            scraped("123", type="job_started", data={"source": "ebay.com", "query": "vintage cards", "tags": ["shop"]}),
            scraped("123"),
            scraped("123", type="job_completed", data={"itemsScraped": 50, "duration": 60_000, "success": True}),
            scraped(SLASHED, type="job_started"),
        ],
    )


def test_a_job_tells_what_its_events_made_of_it(jobs, reader):
    """What was stored and what the scraper says stand side by side."""
    job = reader.json(f"{JOBS}/123")

    assert (job["source"], job["query"], job["tags"]) == ("ebay.com", "vintage cards", ["shop"])
    assert (job["status"], job["items"], job["itemsReported"], job["duration"]) == ("completed", 1, 50, 60_000)


def test_one_job_says_how_sure_its_end_is(jobs, scraper, reader):
    """Beside `eta`; a list does without. Half was done in ten minutes, and a hundredth in the ten since then."""
    now_ms = round(time.time() * 1000)
    told = [
        ("job_started", 20, {"total": 1_000}),
        ("job_progress", 10, {"done": 500}),
        ("job_progress", 0, {"done": 510}),
    ]
    scraper.post(
        "/api/v1/events",
        [scraped("slow", type=type_, timestamp=now_ms - ago * MINUTE_MS, data=data) for type_, ago, data in told],
    )
    slow = reader.json(f"{JOBS}/slow")
    first, last = (
        (datetime.fromisoformat(slow["etaRange"][end]).timestamp() * 1000 - now_ms) / MINUTE_MS
        for end in ("from", "to")
    )

    assert slow["etaRange"]["from"] == slow["eta"]
    assert first == pytest.approx(490 / 25.5, abs=1)
    assert last == pytest.approx(490, abs=30)
    assert slow["etaRange"]["sure"] == pytest.approx(0.51 + 0.49 * first / last, abs=0.01)
    assert reader.json(f"{JOBS}/123")["etaRange"] is None
    assert "etaRange" not in reader.json(JOBS)["items"][0]


def test_jobs_are_listed_and_filtered(jobs, reader):
    """Newest first."""

    def ids(query=""):
        return [job["id"] for job in reader.json(f"{JOBS}?{query}")["items"]]

    assert ids() == [SLASHED, "123"]
    assert ids("status=completed") == ids("source=ebay.com") == ids("q=VINTAGE") == ids("tag=shop") == ["123"]
    assert ids("limit=1") == [SLASHED]


def test_an_id_may_hold_slashes(jobs, reader):
    """Also before ``/events``."""
    assert reader.json(f"{JOBS}/{SLASHED}")["id"] == SLASHED
    assert len(reader.json(f"{JOBS}/{SLASHED}/events")["items"]) == 1


@pytest.mark.parametrize("id_", ["/from/the/root", "two//slashes", "a/", "/", "//a.example/x"])
def test_slashes_are_found_wherever_they_stand(scraper, reader, id_):
    """An id that begins or ends with one, or holds two in a row, is looked up as it was sent."""
    assert scraper.post("/api/v1/events", scraped(id_)).json["accepted"] == 1

    assert reader.json(f"{JOBS}/{id_}")["id"] == id_
    assert [event["jobId"] for event in reader.json(f"{JOBS}/{id_}/events")["items"]] == [id_]


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/jobs/nobody",
        "/api/v1/jobs/nobody/events",
        "/api/v1/jobs/a%00",
        "/api/v1/jobs/a%00/events",
        "/api/v1/nothing",
    ],
)
def test_what_is_not_there_is_a_problem(reader, target):
    """404 with a code, for programs."""
    answer = reader.get(target)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_only_an_admin_deletes_a_job(jobs, reader, client, environment):
    """It is gone with its events; a second time there is nothing to delete."""
    admin = ("admin", environment["ADMIN_PASSWORD"])

    def delete(**options):
        return client.delete(f"{JOBS}/123", base_url="http://127.0.0.1:5000", **options).status_code

    assert reader.open(f"{JOBS}/123", method="DELETE").status_code == 403
    assert [delete(auth=admin), delete(auth=admin)] == [204, 404]
    assert len(reader.json("/api/v1/events")["items"]) == 1


def test_an_operator_pins_a_job(jobs, reader, client, environment):
    """By its id, which may hold slashes, and again to no effect; nothing else of a job can be changed."""
    admin = ("admin", environment["ADMIN_PASSWORD"])

    def change(job_id, **body):
        options = {"auth": admin, "json": body, "base_url": "http://127.0.0.1:5000"}
        return client.patch(f"{JOBS}/{job_id}", **options)

    assert reader.open(f"{JOBS}/{SLASHED}", method="PATCH", json={"pinned": True}).status_code == 403
    assert [change(SLASHED, pinned=pinned).json["pinned"] for pinned in (True, True, False, True)] == [1, 1, 0, 1]
    assert [job["id"] for job in reader.json(f"{JOBS}?q=is:pinned")["items"]] == [SLASHED]
    told = [event["type"] for event in reader.json(f"{JOBS}/{SLASHED}/events")["items"]]
    assert told == ["job_pinned", "job_unpinned", "job_pinned", "job_started"]
    assert change("nobody", pinned=True).status_code == 404
    for body in ({}, {"pinned": "yes"}, {"status": "failed"}):
        answer = change(SLASHED, **body)
        assert (answer.status_code, answer.json["field"]) == (400, next(iter(body), "pinned"))


@pytest.mark.parametrize(
    ("query", "field"), [("status=walking", "status"), ("source=%00", "source"), ("tag=a%00", "tag"), ("q=%00", "q")]
)
def test_a_bad_filter_is_refused(reader, query, field):
    """By field; NUL is in no text that a store keeps."""
    answer = reader.get(f"{JOBS}?{query}")

    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_metrics_have_the_seed_s_field_names(jobs, reader):
    """Each figure is a number, the load three of them."""
    current = reader.json("/api/v1/metrics/current")

    assert {part: set(names) for part, names in current["system"].items()} == {
        "cpu": {"usage", "load"},
        "memory": {"used", "total", "free"},
        "network": {"requestsPerSecond", "bytesTransferred"},
        "workers": {"active", "idle", "maxConcurrency"},
    }
    assert {part: set(names) for part, names in current["scraping"].items()} == {
        "jobs": {"active", "queued", "completed", "failed"},
        "performance": {"averageJobDuration", "itemsPerSecond", "successRate"},
        "resources": {"proxyUsage", "bandwidthUsed"},
    }
    assert len(current["system"]["cpu"]["load"]) == 3
    assert current["scraping"]["jobs"] == {"active": 1, "queued": 0, "completed": 1, "failed": 0}
    assert current["scraping"]["performance"]["successRate"] == 1
    assert {row["name"] for row in reader.json("/api/v1/metrics/catalogue")["items"]} >= {"jobs.failureRate"}
