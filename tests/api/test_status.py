"""The status as the API gives it, of a whole process."""

import time


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


def test_the_status_is_for_readers(anyone, scraper):
    """It names senders and hosts."""
    assert anyone.get("/api/v1/status").status_code == 401
    assert scraper.get("/api/v1/status").status_code == 403
