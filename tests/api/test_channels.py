"""Channels and the delivery log over HTTP, with a worker that really sends."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from werkzeug.test import Client, TestResponse

from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from tests.api.conftest import Caller
from tests.notify.notices import notice
from tests.notify.receivers import Receiver, receiver

WAIT_S = 30


class Admin(Caller):
    """Asks as the admin."""

    def __init__(self, client: Client, password: str) -> None:
        super().__init__(client, None)
        self._headers = {"Authorization": f"Basic {b64encode(f'admin:{password}'.encode()).decode()}"}

    def put(self, target: str, body: Any) -> TestResponse:
        return self.open(target, method="PUT", data=msgspec.json.encode(body), content_type="application/json")


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """With receivers on the loopback address allowed, and a channel from the environment."""
    return {**environment, "NOTIFY_ALLOW_PRIVATE": "true", "SLACK_WEBHOOK_URL": "http://127.0.0.1:9/T0/B0"}


@pytest.fixture
def admin(client: Client, environment: dict[str, str]) -> Admin:
    return Admin(client, environment["ADMIN_PASSWORD"])


@pytest.fixture
def shop() -> Iterator[Receiver]:
    """An HTTP receiver that accepts."""
    with receiver() as known:
        yield known


def hook(shop: Receiver, name: str = "ops") -> dict[str, Any]:
    """A webhook channel to the receiver."""
    return {"name": name, "type": "webhook", "config": {"webhook": shop.url, "secret": "s3cret"}}


def until(true: Callable[[], Any]) -> Any:
    """What the condition comes to, once it is true."""
    deadline = time.monotonic() + WAIT_S
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_a_channel_is_made_changed_and_deleted(admin: Admin, reader: Caller, shop: Receiver):
    """And told to whoever may read, without its secrets."""
    made = admin.post("/api/v1/channels", hook(shop))
    assert made.status_code == 201
    assert made.json is not None
    path = f"/api/v1/channels/{made.json['id']}"

    wishes = {"template": "{rule}", "sendResolved": False, "fallback": "slack"}
    changed = admin.put(path, {"name": "crew", "config": wishes})

    assert changed.status_code == 200
    assert [(one["name"], one["origin"]) for one in reader.json("/api/v1/channels")["items"]] == [
        ("crew", "own"),
        ("slack", "environment"),
    ]
    found = reader.json(path)
    assert (found["config"], found["secrets"], found["target"]) == (
        wishes,
        ["secret", "webhook"],
        "127.0.0.1",
    )
    assert "s3cret" not in reader.get(path).text
    assert admin.open(path, method="DELETE").status_code == 204
    assert reader.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [(b"{", 400, ""), ({"name": "a", "type": "fax"}, 400, "type"),
     ({"name": "a", "type": "slack", "config": {"webhook": "x"}}, 400, "config.webhook"),
     ({"name": "a", "type": "slack", "config": {"webhook": "https://a.test", "fallback": "a"}}, 400, "config.fallback"),
     ({"name": "slack", "type": "slack", "config": {"webhook": "https://a.test"}}, 409, "")],
)  # fmt: skip
def test_a_channel_that_cannot_be_is_a_problem(admin: Admin, body: Any, status: int, field: str):
    """With the field at fault."""
    answer = admin.post("/api/v1/channels", body)

    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["field"] == field


def test_only_an_admin_changes_channels(reader: Caller, scraper: Caller, anyone: Caller, shop: Receiver):
    """Others are refused, and nobody who only reads may send a test."""
    for caller, status in ((reader, 403), (scraper, 403), (anyone, 401)):
        assert caller.post("/api/v1/channels", hook(shop)).status_code == status
        assert caller.post("/api/v1/channels/slack/test", {}).status_code == status
        assert caller.post("/api/v1/notices/1/retry", {}).status_code == status


def test_the_environments_channel_stays_as_it_is(admin: Admin):
    """It is changed where it comes from."""
    assert admin.put("/api/v1/channels/slack", {"config": {}}).status_code == 403
    assert admin.open("/api/v1/channels/slack", method="DELETE").status_code == 403


def test_a_test_tells_the_receivers_own_answer(admin: Admin, shop: Receiver):
    """Good or bad, with the status and how long it took."""
    number = admin.post("/api/v1/channels", hook(shop)).json["id"]  # type: ignore[index]

    good = admin.post(f"/api/v1/channels/{number}/test", {}).json
    shop.answer = (403, {}, b"invalid_token s3cret")
    bad = admin.post(f"/api/v1/channels/{number}/test", {}).json

    assert shop.got[0].json["title"] == "Test of the channel ops"
    assert good is not None
    assert bad is not None
    assert (good["ok"], good["status"], good["reply"]) == (True, 200, "ok")
    assert (bad["ok"], bad["status"], bad["reply"]) == (False, 403, "invalid_token •••")
    assert bad["latency"] >= 0
    assert admin.json(f"/api/v1/channels/{number}")["broken"]["why"] == "403: invalid_token •••"
    assert [one["kind"] for one in admin.json("/api/v1/notices")["items"]] == ["test", "test"]


def test_what_is_to_be_told_is_sent_and_logged(admin: Admin, reader: Caller, shop: Receiver, sqlite_url: str):
    """By the server itself, within seconds; a dead letter goes out again on demand."""
    admin.post("/api/v1/channels", hook(shop))
    shop.answer = (400, {}, b"what?")
    database = Database(sqlite_url)
    SqlNoticeStore(database).add([notice(created_at=int(time.time() * 1000), due_at=0, key="7.firing.1.ops")])
    database.close()

    (failed,) = until(lambda: reader.json("/api/v1/notices?state=failed&incident=7")["items"])
    shop.answer = (200, {}, b"fine")
    again = admin.post(f"/api/v1/notices/{failed['id']}/retry", {})
    (sent,) = until(lambda: reader.json("/api/v1/notices?state=sent&channel=ops")["items"])

    assert (failed["status"], failed["reply"], failed["attempts"]) == (400, "what?", 1)
    assert again.json is not None
    assert again.json["state"] in {"waiting", "sending", "sent"}
    assert [(one["outcome"], one["status"], one["reply"]) for one in sent["deliveries"]] == [
        ("failed", 400, "what?"),
        ("sent", 200, "fine"),
    ]
    assert (sent["rule"], sent["kind"], sent["incident"]) == ("high_failure_rate", "firing", 7)
    assert admin.post(f"/api/v1/notices/{failed['id']}/retry", {}).status_code == 409
    assert admin.post("/api/v1/notices/999/retry", {}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"), [("state=lost", "state"), ("incident=x", "incident"), ("limit=0", "limit")]
)
def test_a_bad_question_is_told_by_its_field(reader: Caller, query: str, field: str):
    """As everywhere."""
    answer = reader.get(f"/api/v1/notices?{query}")

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["field"] == field
