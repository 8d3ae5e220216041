"""``/api/v1/alerts``: the two defaults, what fired, and who looks after it."""

import time

import pytest

from tests.sockets import scraped

RULES, INCIDENTS = "/api/v1/alerts/rules", "/api/v1/alerts/incidents"


@pytest.fixture
def first(reader):
    """Waits for the first object of a list that has those fields."""

    def wait(target, **fields):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for each in reader.json(target)["items"]:
                if fields.items() <= {**each, **each.get("data", {})}.items():
                    return each
            time.sleep(0.02)
        raise AssertionError(f"nothing in {target} has {fields}")

    return wait


@pytest.fixture
def incident(scraper, first):
    """The incident of six failed jobs, as soon as it is open."""
    scraper.post("/api/v1/events", [scraped(f"j{n}", type="job_failed") for n in range(6)])
    return first(INCIDENTS, rule="high_failure_rate")


def test_the_seed_s_defaults_are_installed(reader):
    """With its own fields and values."""
    rules = {rule["name"]: rule for rule in reader.json(RULES)["items"]}

    assert rules["high_failure_rate"]["condition"] == {
        "metric": "jobs.failureRate",
        "operator": ">",
        "threshold": 0.1,
    }
    assert rules["high_failure_rate"]["cooldown"] == 300_000
    assert rules["system_overload"]["severity"] == "critical"
    assert rules["system_overload"]["channels"] == ["slack", "email", "sms"]


def test_failed_jobs_open_an_incident_and_tell_it(incident, first):
    """At once, by the event of the sixth job; as a system_alert in the history."""
    assert (incident["state"], incident["severity"], incident["value"]) == ("firing", "warning", 1)
    assert set(incident) >= {"id", "startedAt", "endedAt", "peak", "reason", "ackedBy"}
    told = first("/api/v1/events?type=system_alert", name="high_failure_rate")
    assert (told["jobId"], told["data"]["state"], told["data"]["incident"]) == ("", "firing", incident["id"])


def test_an_operator_acknowledges(incident, client, environment, reader):
    """By name; who may only read does not."""
    target = f"{INCIDENTS}/{incident['id']}/ack"
    assert reader.open(target, method="POST").status_code == 403

    answer = client.post(
        target,
        json={"note": "looking"},
        base_url="http://127.0.0.1:5000",
        auth=("admin", environment["ADMIN_PASSWORD"]),
    )

    assert (answer.status_code, answer.json["state"], answer.json["ackedBy"]) == (200, "acknowledged", "admin")
    assert [each["id"] for each in reader.json(f"{INCIDENTS}?state=acknowledged")["items"]] == [incident["id"]]


def test_a_note_holds_text_alone(incident, client, environment):
    """NUL and half surrogates are refused by field."""
    for note in ("a\0", "\ud800", 5):
        answer = client.post(
            f"{INCIDENTS}/{incident['id']}/ack",
            json={"note": note},
            base_url="http://127.0.0.1:5000",
            auth=("admin", environment["ADMIN_PASSWORD"]),
        )
        assert (answer.status_code, answer.json["field"]) == (400, "note")


@pytest.mark.parametrize("incident_id", ["99", 2**31, 10**30])
def test_an_unknown_incident_is_not_found(client, environment, incident_id):
    """However great its number."""
    admin = ("admin", environment["ADMIN_PASSWORD"])

    answer = client.post(f"{INCIDENTS}/{incident_id}/ack", base_url="http://127.0.0.1:5000", auth=admin)

    assert answer.status_code == 404


def test_a_next_beyond_every_incident_is_refused(reader):
    """Postgres would fail to look for it."""
    answer = reader.get(f"{INCIDENTS}?next=bzzzzzzz")

    assert (answer.status_code, answer.json["field"]) == (400, "next")


def test_an_unknown_state_is_refused(reader):
    """By its field."""
    assert reader.get(f"{INCIDENTS}?state=sleeping").json["field"] == "state"
