"""Failing jobs are told to real receivers: once, in every way, and the end only to those who heard of the beginning."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.scheduler import EVALUATE
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.notify.postbox import Postbox, served
from tests.notify.receivers import Receiver, receiver
from tests.server import Server, running

SOON_S = 30
"""What a person may have to wait for the news."""


class Town:
    """A server, and everybody whom it may tell."""

    def __init__(self, server: Server, operator: str, box: Postbox, **shops: Receiver) -> None:
        self.server = server
        self.operator = operator
        self.box = box
        self.shops = shops
        self._jobs = 0

    def finish(self, type_: str, jobs: int) -> None:
        """Let so many jobs end in that way."""
        now = datetime.now(UTC).isoformat()
        events = []
        for number in range(self._jobs, self._jobs + jobs):
            events.append({"type": "job_started", "jobId": f"job {number}", "timestamp": now, "data": {"source": "a"}})
            events.append({"type": type_, "jobId": f"job {number}", "timestamp": now, "data": {}})
        self._jobs += jobs
        self.server.json("/api/v1/events", body=events, token=self.server.environment["INGEST_TOKEN"])

    def heard(self) -> dict[str, int]:
        """How many messages each has."""
        return {"email": len(self.box.got), **{name: len(shop.got) for name, shop in self.shops.items()}}

    def wait(self, **heard: int) -> float:
        """Wait until they have so many; returns the seconds that took."""
        began = time.monotonic()
        while self.heard() != heard:
            assert time.monotonic() < began + SOON_S, self.read("/api/v1/notices")
            time.sleep(0.02)
        return time.monotonic() - began

    def read(self, target: str) -> Any:
        """What the API says."""
        return self.server.json(target, token=self.server.environment["READ_TOKEN"])


@pytest.fixture
def town(environment: dict[str, str], sqlite_url: str, async_mode: str, tmp_path: Path) -> Iterator[Town]:
    """All four channels of the environment, on the loopback address."""
    database = Database(sqlite_url)
    _, operator = Accounts(SqlAccountStore(database), CLOCK).tokens.create("hand", "operate")
    database.close()
    box = Postbox()
    with receiver() as slack, receiver() as sms, receiver() as webhook, served(box) as port:
        channels = {
            "SLACK_WEBHOOK_URL": slack.url, "ALERT_WEBHOOK_URL": webhook.url, "TWILIO_URL": sms.url,
            "SMS_FROM": "+15550100", "SMS_TO": "+33612345678", "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "ALERT_EMAIL_FROM": "sw@sw.test", "ALERT_EMAIL_TO": "ops@sw.test", "NOTIFY_ALLOW_PRIVATE": "true",
        }  # fmt: skip
        with running({**environment, "ASYNC_MODE": async_mode, **channels}, tmp_path / "server.log") as server:
            yield Town(server, operator, box, slack=slack, sms=sms, webhook=webhook)


def test_failing_jobs_are_told_once_and_so_is_their_end(town: Town):
    """By the default rule, not again within its cooldown; to no channel that it does not name."""
    change(town, channels=["slack", "email", "webhook"], keepFiringFor=0)

    town.finish("job_failed", 5)
    town.wait(slack=1, email=1, webhook=1, sms=0)
    town.finish("job_failed", 5)
    settled(town)
    assert town.heard() == {"slack": 1, "email": 1, "webhook": 1, "sms": 0}

    town.finish("job_completed", 90)
    town.wait(slack=2, email=2, webhook=2, sms=0)
    town.finish("job_failed", 10)
    settled(town)
    assert town.heard() == {"slack": 2, "email": 2, "webhook": 2, "sms": 0}

    firing, over = (got.json for got in town.shops["webhook"].got)
    assert (firing["kind"], firing["rule"], firing["severity"]) == ("firing", "high_failure_rate", "warning")
    assert firing["incident"]["value"] == 1
    assert (over["kind"], over["incident"]["reason"], over["incident"]["peak"]) == ("resolved", "recovered", 1)
    assert over["incident"]["value"] <= 0.1
    assert over["incident"]["duration"] > 0
    first, last = (message_from_bytes(envelope.content, policy=policy.default) for envelope, _ in town.box.got)
    assert first["Subject"] == "warning: high_failure_rate fires"
    assert last["Subject"] == "high_failure_rate is over"
    log = town.read(f"/api/v1/notices?incident={firing['incident']['id']}")["items"]
    assert sorted((one["channel"], one["kind"], one["state"], one["attempts"]) for one in log) == [
        (channel, kind, "sent", 1) for channel in ("email", "slack", "webhook") for kind in ("firing", "resolved")
    ]


def change(town: Town, **fields: Any) -> None:
    """Change the default rule about failing jobs."""
    (rule,) = [one for one in town.read("/api/v1/alerts/rules")["items"] if one["name"] == "high_failure_rate"]
    path = f"/api/v1/alerts/rules/{rule['id']}"
    town.server.json(path, method="PUT", body={**rule, **fields}, token=town.operator)


def settled(town: Town) -> None:
    """Wait until the rules have been looked at twice, and nothing waits to be sent."""
    began = time.monotonic()
    seen: set[str] = set()
    while len(seen) < 3 or town.read("/api/v1/notices?state=waiting,sending")["items"]:
        assert time.monotonic() < began + SOON_S
        seen |= {str(one["lastRunAt"]) for one in town.read("/api/v1/status")["tasks"] if one["name"] == EVALUATE}
        time.sleep(0.05)
