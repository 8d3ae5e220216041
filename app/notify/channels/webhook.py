"""A webhook of one's own: versioned JSON, signed.

::

    X-Scrapewatch-Signature: t=<unix s>,v1=<hex HMAC-SHA256 of "t.body">
    Idempotency-Key: <the notice's key>, the same when it is sent again
"""

import hashlib
import hmac
from dataclasses import replace
from typing import Any, Final

import msgspec

from app.core.said import said
from app.notify.channels.base import ChannelType, Sending
from app.notify.fields import RECIPIENTS, TEMPLATE, WEBHOOK, Setting
from app.notify.message import Message
from app.notify.reply import Reply

VERSION: Final = 1
SIGNATURE: Final = "X-Scrapewatch-Signature"


def send(sending: Sending) -> Reply:
    """Post the message."""
    body = msgspec.json.encode(payload(sending.message, list(sending.config.get("recipients", ()))))
    now_s = sending.clock.now_ms() // 1_000
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": sending.message.key,
        SIGNATURE: f"t={now_s},v1={signature(sending.config['secret'], now_s, body)}",
    }
    return sending.door.post(sending.config["webhook"], body, headers)


def payload(message: Message, recipients: list[str]) -> dict[str, Any]:
    """What a receiver is sent."""
    return {
        "version": VERSION,
        "key": message.key,
        "kind": message.kind,
        "rule": message.body.get("rule"),
        "severity": message.body.get("severity"),
        "incident": None if message.incident_id is None else {"id": message.incident_id, **message.body},
        "title": message.title,
        "text": message.text,
        "links": message.links,
        "recipients": recipients,
    }


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The signature of `body` sent at that moment."""
    return hmac.new(secret.encode(), b"%d.%b" % (at_s, body), hashlib.sha256).hexdigest()


TYPE: Final = ChannelType(
    name="webhook",
    label=said("Webhook"),
    settings=(
        replace(WEBHOOK, required=True, help=said("Gets a POST of JSON; a user and password in it are sent as Basic.")),
        Setting(
            name="secret",
            kind="text",
            label=said("Secret"),
            secret=True,
            required=True,
            variable="ALERT_WEBHOOK_SECRET",
            help=said(
                "Signs every message; empty for the server's own, ALERT_WEBHOOK_SECRET or the file webhook_secret."
            ),
        ),
        replace(RECIPIENTS, help=said("Passed on in the message, for the receiver to know whom it is for.")),
        TEMPLATE,
    ),
    send=send,
)
