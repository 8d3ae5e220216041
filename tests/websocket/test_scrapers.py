"""Namespace ``/`` of the real server: what scrapers send and are told."""

import base64
import json
import subprocess
import sys
import time
import uuid

import pytest

from tests.server import ROOT
from tests.sockets import PATIENCE_S, Refused, connected, scraped, watching


@pytest.fixture
def scraper(server, environment):
    with connected(server, environment["INGEST_TOKEN"]) as client:
        yield client


@pytest.fixture
def fellow(lasting, environment):
    """A scraper of many on one server."""
    with connected(lasting, environment["INGEST_TOKEN"]) as client:
        yield client


def send(client, name, payload):
    return client.call(name, payload, timeout=PATIENCE_S)


def test_an_event_by_its_name_is_acknowledged_after_the_commit(scraper, server, environment):
    """The type may be left out; whoever hears `ok` finds the event in the history."""
    envelope = {name: value for name, value in scraped().items() if name != "type"}

    answer = send(scraper, "item_scraped", envelope)

    assert {**answer, "flow": answer["flow"]["level"]} == {
        "ok": True, "accepted": 1, "duplicates": 0, "rejected": [], "flow": "ok",
    }  # fmt: skip
    assert len(server.json("/api/v1/jobs/s1/events", token=environment["READ_TOKEN"])["items"]) == 1


def test_one_bad_event_never_fails_its_neighbours(scraper, server, environment):
    """Each is refused by index, id, code and field; the sum is what was sent."""
    id_ = str(uuid.uuid4())
    deep: dict[str, object] = {}
    for _ in range(20):
        deep = {"a": deep}
    batch = [
        scraped(data={"n": 1}),
        scraped(type="nonsense", id=id_),
        {key: value for key, value in scraped().items() if key != "jobId"},
        scraped(data={"price": float("nan")}),
        scraped(data={"text": "x" * 70_000}),
        scraped(data=deep),
        scraped(data={"title": "<script>alert(1)</script>", "url": "javascript:alert(1)"}),
    ]

    answer = send(scraper, "events", batch)

    assert (answer["ok"], answer["accepted"], answer["duplicates"]) == (True, 2, 0)
    assert [(r["index"], r["code"], r["field"]) for r in answer["rejected"]] == [
        (1, "unknown_type", "type"),
        (2, "invalid", "jobId"),
        (3, "invalid", "data.price"),
        (4, "too_large", ""),
        (5, "too_deep", "data"),
    ]
    assert answer["rejected"][0]["id"] == id_
    stored = server.json("/api/v1/events?type=item_scraped", token=environment["READ_TOKEN"])["items"]
    assert [event["data"] for event in stored] == [batch[6]["data"], batch[0]["data"]]


def test_a_batch_sent_twice_is_stored_once(fellow):
    """By id, within and across messages."""
    batch = [scraped(id=str(uuid.uuid4())) for _ in range(3)]

    first, second = send(fellow, "events", batch), send(fellow, "events", [*batch, batch[0]])

    assert (first["accepted"], second["accepted"], second["duplicates"]) == (3, 0, 4)


@pytest.mark.statement(25)
def test_a_handler_always_answers(fellow):
    """Whatever is sent, under whatever name, with too few or too many arguments."""
    assert send(fellow, "no_such_event", scraped())["rejected"][0]["code"] == "unknown_type"
    assert send(fellow, "item_scraped", None)["rejected"][0]["code"] == "invalid"
    assert send(fellow, "item_scraped", (scraped(), 5))["rejected"][0]["code"] == "invalid"
    assert send(fellow, "events", {"a": 1})["code"] == "invalid"
    assert send(fellow, "events", [])["ok"]
    assert send(fellow, "events", [scraped()] * 501)["code"] == "batch_too_large"
    assert send(fellow, "job_lost", scraped(type="job_lost"))["rejected"][0]["code"] == "unknown_type"
    assert send(fellow, "item_scraped", scraped(type="error"))["rejected"][0]["field"] == "type"


def test_a_client_s_order_is_kept_while_many_batches_wait(scraper, server, environment):
    """Forty messages in flight are answered and stored in the order they were sent in."""
    answered: list[int] = []
    for number in range(40):
        batch = [scraped(data={"n": number * 10 + each}) for each in range(10)]
        scraper.emit("events", batch, callback=lambda _answer, number=number: answered.append(number))
    deadline = time.monotonic() + PATIENCE_S
    while len(answered) < 40 and time.monotonic() < deadline:
        scraper.sleep(0.01)

    stored = server.json("/api/v1/jobs/s1/events?limit=1000", token=environment["READ_TOKEN"])["items"]
    assert answered == list(range(40))
    assert [event["data"]["n"] for event in reversed(stored)] == list(range(400))


def test_hello_tells_what_a_client_needs(fellow):
    """Limits, clock, durability, and where the epoch stopped."""
    epoch = str(uuid.uuid4())
    send(fellow, "events", [scraped(seq=seq, epoch=epoch) for seq in (1, 2, 3)])

    said = send(fellow, "hello", {"epoch": epoch, "host": "here", "pid": 1, "clock": 0})

    assert said["sender"] == "default"
    assert said["limits"]["maxBatchEvents"] == 500
    assert said["durable"] is True
    assert said["lastSeq"] == {"s1": 3}
    assert abs(said["clock"] - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("token", "namespace", "code"),
    [
        ("", "/", "unauthorized"),
        ("x" * 40, "/", "unauthorized"),
        ("READ_TOKEN", "/", "forbidden"),
        ("INGEST_TOKEN", "/live", "forbidden"),
    ],
)
def test_who_may_not_is_told_why(lasting, environment, token, namespace, code):
    """No token, a wrong one, or one of another scope: the reason comes with the refusal."""
    with pytest.raises(Refused) as refusal, connected(lasting, environment.get(token, token), namespace):
        pass

    assert refusal.value.data["code"] == code
    assert set(refusal.value.data) == {"code", "message", "retryAfter"}


def test_basic_credentials_open_the_socket_too(lasting, environment):
    """An admin may ingest, and owns the jobs under their own name."""
    basic = base64.b64encode(f"admin:{environment['ADMIN_PASSWORD']}".encode()).decode()
    with connected(lasting, "", auth=None, headers={"Authorization": f"Basic {basic}"}) as client:
        assert send(client, "hello", {})["sender"] == "admin"


@pytest.mark.statement(23)
def test_a_binary_packet_closes_its_socket_and_no_other(lasting, environment):
    """Attachments would pile up in memory; nobody else notices."""
    with connected(lasting, environment["INGEST_TOKEN"]) as bad, watching(lasting, environment["READ_TOKEN"]) as viewer:
        gone = []
        bad.on("disconnect", lambda *reason: gone.append(reason))
        bad.eio.send('459999999-["item_scraped",{"_placeholder":true,"num":0}]'[1:])
        deadline = time.monotonic() + PATIENCE_S
        while not gone and time.monotonic() < deadline:
            bad.sleep(0.01)

        assert gone
        assert viewer.subscribe(room="jobs")["ok"]


@pytest.mark.statement(9)
def test_a_revoked_token_s_socket_is_closed(server, environment):
    """Within about a second, by a command in another process."""
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "token"]
    listed = subprocess.run(
        [*flask, "list", "--json"], cwd=ROOT, env=server.environment, capture_output=True, check=True
    )
    reader = next(token for token in json.loads(listed.stdout) if token["scope"] == "read")
    with watching(server, environment["READ_TOKEN"]) as viewer:
        subprocess.run([*flask, "revoke", str(reader["id"])], cwd=ROOT, env=server.environment, check=True)
        viewer.wait(lambda: any(name == "disconnect" for name, _ in viewer.heard))
