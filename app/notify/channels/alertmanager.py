"""Prometheus's Alertmanager: its v2 API, so that teams who have one route, group and silence there."""

import re
from dataclasses import replace
from typing import Any, Final

import msgspec

from app.core.clock import rfc3339
from app.core.said import said
from app.notify.channels.base import ChannelType, Sending
from app.notify.fields import TEMPLATE, WEBHOOK
from app.notify.message import Message
from app.notify.reply import Reply

KEPT_MS: Final = 7 * 86_400_000
"""How long an alert fires there without news: longer than any reminder, so that no silence of ours resolves it."""

PATH: Final = "/api/v2/alerts"
_NAME = re.compile(r"[^a-zA-Z0-9_]")


def send(sending: Sending) -> Reply:
    """Post the alert, firing or resolved."""
    body = msgspec.json.encode([payload(sending.message, sending.clock.now_ms())])
    url = sending.config["webhook"].rstrip("/").removesuffix(PATH) + PATH
    return sending.door.post(url, body, {"Content-Type": "application/json"})


def payload(message: Message, now_ms: int) -> dict[str, Any]:
    """One alert an incident: it is known by its labels, so these must not change while it fires."""
    body = message.body
    labels = {_label(name): str(value) for name, value in (body.get("labels") or {}).items()}
    labels |= {"alertname": str(body.get("rule") or "scrapewatch"), "severity": message.severity}
    if message.incident_id is not None:
        labels["incident"] = str(message.incident_id)
    ends_ms = now_ms if message.is_over or message.kind == "test" else now_ms + KEPT_MS
    annotations = {"summary": message.title, "description": message.text}
    if "runbookUrl" in body:
        annotations["runbook_url"] = str(body["runbookUrl"])
    starts = str(body.get("startedAt") or rfc3339(message.created_at))
    ends = str(body.get("endedAt") if message.is_over and body.get("endedAt") else rfc3339(ends_ms))
    alert = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": starts,
        "endsAt": max(starts, ends),  # it refuses an end before the beginning, which a clock set back can make
    }
    return alert | ({"generatorURL": message.links["link"]} if "link" in message.links else {})


def _label(name: str) -> str:
    """`name` in the letters that Prometheus allows."""
    found = _NAME.sub("_", name)
    return f"_{found}" if found[:1].isdigit() or not found else found


TYPE: Final = ChannelType(
    name="alertmanager",
    label=said("Alertmanager"),
    settings=(
        replace(
            WEBHOOK,
            required=True,
            help=said("Where it is: http://alertmanager:9093, with user and password if any."),
        ),
        TEMPLATE,
    ),
    send=send,
)
