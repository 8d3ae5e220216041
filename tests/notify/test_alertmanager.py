"""A real Alertmanager gets our alerts, shows them, tells its own receivers, and resolves them."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import CLOCK, rfc3339
from app.notify.channels import TYPES
from app.notify.channels.base import Sending
from app.notify.door import Door
from app.notify.message import message
from app.notify.reply import Undelivered
from tests import parts
from tests.notify.notices import LINKS, notice
from tests.notify.receivers import Receiver
from tests.server import free_port

WAIT_S = 30
CONFIG = """
route: {{receiver: ours, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: ours, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


@pytest.fixture
def alertmanager(tmp_path: Path, shop: Receiver) -> Iterator[str]:
    """A real one that tells `shop`."""
    program = parts.alertmanager() or pytest.skip("Alertmanager: not installed; `python -m tests.parts` obtains it")
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url=shop.url))
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        program, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}", "--cluster.listen-address=",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with (
        (tmp_path / "alertmanager.log").open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        try:
            until(lambda: answers(url))
            yield url
        finally:
            process.kill()


def answers(url: str) -> bool:
    """Whether it is ready."""
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def shown(url: str) -> list[dict[str, Any]]:
    """The alerts that it shows."""
    with urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def until(true: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def send(door: Door, url: str, kind: str) -> None:
    """Tell it of a notice of now."""
    now = rfc3339(CLOCK.now_ms())
    fields = {"startedAt": now} if kind == "firing" else {"startedAt": now, "endedAt": now}
    told = message(notice(kind, body=fields), LINKS)
    TYPES["alertmanager"].send(Sending(told, {"webhook": url}, door, CLOCK))


def test_it_receives_shows_and_resolves(door: Door, alertmanager: str, shop: Receiver):
    """And its own receiver is told of both, with our link."""
    send(door, alertmanager, "firing")
    until(lambda: shown(alertmanager))
    (alert,) = shown(alertmanager)
    (firing,) = shop.wait(1)

    send(door, alertmanager, "resolved")
    until(lambda: not shown(alertmanager))
    over = shop.wait(2)[1]

    assert alert["labels"]["alertname"] == "high_failure_rate"
    assert alert["status"]["state"] == "active"
    assert alert["annotations"]["summary"] == "critical: high_failure_rate fires"
    assert alert["generatorURL"] == LINKS["link"]
    assert [firing.json["status"], over.json["status"]] == ["firing", "resolved"]


def test_its_refusal_is_told(door: Door, alertmanager: str):
    """In its own words."""
    body = b'[{"labels": {}}]'

    with pytest.raises(Undelivered) as caught:
        door.post(f"{alertmanager}/api/v2/alerts", body, {"Content-Type": "application/json"})

    assert caught.value.lasting
    assert caught.value.status in {400, 422}
    assert caught.value.detail
