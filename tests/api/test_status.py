"""The status as the API gives it, of a whole process."""

import time

from werkzeug.test import Client

from app.factory import WebProcess
from app.metrics.register import MAX_LABEL_VALUES
from app.runtime import open_runtime
from config import Settings
from tests.api.conftest import Caller


def test_the_status_counts_what_was_sent(reader, scraper):
    """Good, bad and twice: each where it belongs, at once."""
    now = round(time.time() * 1000)
    good = {"type": "log", "jobId": "a", "timestamp": now, "data": {}, "id": "0190f3c9-51f0-7b42-8e1c-6d2a90f4b123"}
    scraper.post("/api/v1/events", [good, {**good, "id": None, "type": "none"}])
    scraper.post("/api/v1/events", [good])

    told = reader.json("/api/v1/status")

    (sender,) = (one for one in told["senders"] if one["name"] == "default")
    assert [sender[part] for part in ("received", "stored", "duplicates", "rejected")] == [3, 1, 1, {"unknown_type": 1}]
    assert told["ledger"]["received"] >= 3
    assert {task["name"] for task in told["tasks"]} >= {"watch jobs", "clean up"}
    assert told["storage"]["durable"]


def test_metrics_of_ones_own_are_bounded(settings: Settings, environment: dict[str, str], sqlite_url: str):
    """A label that holds addresses joins `other`; the ledger, Prometheus and a restarted server know of it."""
    now = round(time.time() * 1000)
    places = [{"url": f"https://ebay.com/{number}"} for number in range(MAX_LABEL_VALUES + 7)]
    events = [
        {"type": "metric", "jobId": "a", "timestamp": now, "data": {"values": {"depth": 2}, "labels": labels}}
        for labels in places
    ]
    again = {**events[0], "data": {"values": {"depth": 2}, "labels": {"url": "https://ebay.com/new"}}}
    merged, lines = [], []
    for sent in (events, [again, events[0]]):
        served = WebProcess(settings, open_runtime("threading")).open()
        try:
            scraper = Caller(Client(served.app), environment["INGEST_TOKEN"])
            reader = Caller(Client(served.app), environment["READ_TOKEN"])
            assert scraper.post("/api/v1/events", sent).status_code == 200
            told = reader.json("/api/v1/status")
            lines = reader.json("/api/v1/metrics?name=depth&agg=count&by=url&from=-10m&to=now")["series"]
            scraped = reader.get("/metrics").text
        finally:
            served.closing()
        merged.append(told["ledger"]["figures"]["merged"]["label_values"])
        assert told["ledger"]["figures"] == told["senders"][0]["figures"]
        assert told["ownMetrics"]["met"][0]["label"] == "url"
        assert f'limited_figures_total{{limit="label_values",outcome="merged"}} {merged[-1]}.0' in scraped

    assert merged == [7, 8]
    assert len(lines) == MAX_LABEL_VALUES + 1
    (other,) = (line for line in lines if line["labels"] == {"url": "other"})
    assert sum(count or 0 for _, count in other["points"]) == 8


def test_the_status_is_for_readers(anyone, scraper):
    """It names senders and hosts."""
    assert anyone.get("/api/v1/status").status_code == 401
    assert scraper.get("/api/v1/status").status_code == 403


def test_the_ledger_survives_a_restart(settings: Settings, environment: dict[str, str], sqlite_url: str):
    """What was received as well as what a process reported of itself."""
    now = round(time.time() * 1000)
    ids = [f"0190f3c9-51f0-7b42-8e1c-6d2a90f4b12{n}" for n in range(2)]
    report = {"emitted": 7, "accepted": 3, "dropped": {"spool_full": 4}}
    events = [
        {"type": "log", "jobId": "a", "timestamp": now, "id": ids[0]},
        {"type": "log", "jobId": "a", "timestamp": now, "id": ids[0]},
        {"type": "none", "jobId": "a", "timestamp": now},
        {"type": "client_report", "jobId": "", "timestamp": now, "epoch": ids[1], "data": report},
    ]
    told = []
    for sent in (events, []):
        served = WebProcess(settings, open_runtime("threading")).open()
        try:
            if sent:
                Caller(Client(served.app), environment["INGEST_TOKEN"]).post("/api/v1/events", sent)
            told.append(Caller(Client(served.app), environment["READ_TOKEN"]).json("/api/v1/status"))
        finally:
            served.closing()

    before, after = told
    assert before["ledger"] == after["ledger"]
    assert before["senders"] == after["senders"]
    assert after["ledger"] == {
        "received": 4,
        "stored": 2,
        "duplicates": 1,
        "rejected": {"unknown_type": 1},
        "figures": {"merged": {}, "dropped": {}},
        "dropped": {"spool_full": 4},
        "waiting": 0,
    }
