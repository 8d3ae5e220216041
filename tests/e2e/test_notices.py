"""Notices from a real server to real receivers: by mail, Slack, text message and webhook, once, even after a crash."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import parse_qs

import psutil
import pytest

from app.core.clock import CLOCK
from app.notify.environment import Environment
from app.notify.postman import LEASE_MS
from app.notify.seal import FERNET, Seal
from app.notify.service import Channels
from app.storage.sql.channels import SqlChannelStore
from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from tests.notify.notices import notice
from tests.notify.postbox import Postbox, served
from tests.notify.receivers import Receiver, hang, receiver, rough
from tests.server import ASYNC_MODES, Server, running

SOON_S = 10
"""What a notice may take to arrive."""

EVERY_S = 5
"""The interval in which rules are evaluated."""

BAD = 20
"""Receivers that take a message and say nothing."""


@pytest.fixture
def shops() -> Iterator[dict[str, Receiver]]:
    """One HTTP receiver a channel."""
    with receiver() as slack, receiver() as sms, receiver() as webhook:
        yield {"slack": slack, "sms": sms, "webhook": webhook}


def put(database_url: str, *channels: str) -> None:
    """Write a notice a channel, as the engine does."""
    database = Database(database_url)
    now_ms = time.time_ns() // 1_000_000
    made = [notice(key=f"7.firing.1.{name}", channel=name, created_at=now_ms, due_at=now_ms) for name in channels]
    SqlNoticeStore(database).add(made)
    database.close()


@contextmanager
def serving(environment: dict[str, str], log: Path, **more: str) -> Iterator[Server]:
    """The server, with receivers on the loopback address allowed."""
    with running({**environment, "NOTIFY_ALLOW_PRIVATE": "true", **more}, log) as server:
        yield server


def log_of(server: Server, channel: str) -> dict[str, object]:
    """The channel's newest notice."""
    token = server.environment["READ_TOKEN"]
    found: dict[str, object] = server.json(f"/api/v1/notices?channel={channel}", token=token)["items"][0]
    return found


def when(server: Server, channel: str, state: str, patience_s: float = SOON_S) -> dict[str, object]:
    """The channel's newest notice, once it is in that state."""
    deadline = time.monotonic() + patience_s
    while (found := log_of(server, channel))["state"] != state:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_every_kind_of_channel_is_told_once(
    environment: dict[str, str], sqlite_url: str, async_mode: str, tmp_path: Path, shops: dict[str, Receiver]
):
    """Within ten seconds, each in its own way, and the log says what the receivers said."""
    box = Postbox()
    with (
        served(box) as port,
        serving(
            environment,
            tmp_path / "server.log",
            ASYNC_MODE=async_mode,
            SLACK_WEBHOOK_URL=shops["slack"].url,
            SMTP_URL=f"smtp://127.0.0.1:{port}",
            ALERT_EMAIL_FROM="sw@sw.test",
            ALERT_EMAIL_TO="ops@sw.test",
            TWILIO_URL=shops["sms"].url,
            SMS_FROM="+15550100",
            SMS_TO="+33612345678",
            ALERT_WEBHOOK_URL=shops["webhook"].url,
        ) as server,
    ):
        put(sqlite_url, "slack", "email", "sms", "webhook")
        told = {name: when(server, name, "sent") for name in ("slack", "email", "sms", "webhook")}
        secret = (tmp_path / "webhook_secret").read_text()

    assert [one["status"] for one in told.values()] == [200, 250, 200, 200]
    assert [len(shop.got) for shop in shops.values()] == [1, 1, 1]
    assert shops["slack"].got[0].json["blocks"][0]["text"]["text"].endswith("high_failure_rate fires")
    assert parse_qs(shops["sms"].got[0].body.decode())["To"] == ["+33612345678"]
    assert shops["webhook"].got[0].json["rule"] == "high_failure_rate"
    assert len(secret) >= 32
    ((envelope, _),) = box.got
    assert message_from_bytes(envelope.content, policy=policy.default)["Subject"] == "critical: high_failure_rate fires"


def test_silent_receivers_hold_up_neither_the_server_nor_each_other(
    environment: dict[str, str], sqlite_url: str, async_mode: str, tmp_path: Path
):
    """Twenty take their message and say nothing: who is well is told meanwhile, and the server answers."""
    names = [f"bad{number}" for number in range(BAD)]
    with (
        rough(hang) as url,
        receiver() as well,
        serving(environment, tmp_path / "server.log", ASYNC_MODE=async_mode) as server,
    ):
        create(environment, sqlite_url, {**dict.fromkeys(names, url), "well": well.url})
        put(sqlite_url, *names, "well")
        well.wait()
        busy = log_of(server, "bad0")["state"]
        began = time.monotonic()
        answered = server.request("/healthz")[0]
        took_s = time.monotonic() - began
        evaluated = [last_run(server)]
        evaluated.append(last_run(server, after=evaluated[0]))
        slow = when(server, "bad0", "waiting", 2 * SOON_S)

    assert (answered, busy) == (200, "sending")
    assert took_s < SOON_S / 2
    assert slow["reply"] == "No answer within 10 s."
    assert (evaluated[1] - evaluated[0]).total_seconds() < 2 * EVERY_S


def test_a_crash_between_the_sending_and_its_mark_costs_one_duplicate_at_most(
    environment: dict[str, str], sqlite_url: str, tmp_path: Path, pytestconfig: pytest.Config
):
    """Killed while the receiver has the message: the next process sends it once more, under the same key."""
    mode = pytestconfig.getoption("--async-mode") or ASYNC_MODES[0]
    with receiver() as shop, serving(environment, tmp_path / "server.log", ASYNC_MODE=mode) as server:
        create(environment, sqlite_url, {"ops": shop.url})
        shop.before = lambda: crash(server)
        put(sqlite_url, "ops")
        shop.wait()
        server.process.wait()
        shop.before = lambda: None
        server.start()
        told = when(server, "ops", "sent", LEASE_MS / 1000 + SOON_S)
        database = Database(sqlite_url)
        left = SqlNoticeStore(database).claim(2**50, lease_ms=1, holder="test", limit=1)
        database.close()

    assert [got.headers["Idempotency-Key"] for got in shop.got] == ["7.firing.1.ops"] * 2
    assert (told["attempts"], left) == (2, [])


def last_run(server: Server, after: datetime | None = None) -> datetime:
    """When the rules were last evaluated; the first time later than `after`."""
    deadline = time.monotonic() + SOON_S
    while True:
        tasks = server.json("/api/v1/status", token=server.environment["READ_TOKEN"])["tasks"]
        (said,) = [task["lastRunAt"] for task in tasks if task["name"] == "evaluate alerts"]
        if said and (after is None or datetime.fromisoformat(said) > after):
            return datetime.fromisoformat(said)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def crash(server: Server) -> None:
    """Kill the server and, in the mode that forks, its worker."""
    processes = [*psutil.Process(server.process.pid).children(recursive=True), psutil.Process(server.process.pid)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, SOON_S)


def create(environment: dict[str, str], database_url: str, urls: dict[str, str]) -> None:
    """Make webhook channels."""
    database = Database(database_url)
    seal = Seal([environment["ENCRYPTION_KEYS"]], FERNET, enabled=True)
    channels = Channels(SqlChannelStore(database), seal, Environment({}, {}), CLOCK)
    for name, url in urls.items():
        channels.create({"name": name, "type": "webhook", "config": {"webhook": url, "secret": "s3cret"}})
    database.close()
