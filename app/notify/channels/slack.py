"""Slack, and what speaks as it does (Mattermost, Rocket.Chat): an incoming webhook."""

from dataclasses import replace
from typing import Any, Final

import msgspec

from app.core.said import said
from app.notify.channels.base import ChannelType, Sending
from app.notify.fields import RECIPIENTS, TEMPLATE, WEBHOOK
from app.notify.message import Message
from app.notify.reply import Reply

MAX_HEADER: Final = 150
MAX_SECTION: Final = 2_900
MAX_URL: Final = 3_000
"""Slack takes headers of 150 characters, sections of 3000 and addresses of 3000; longer ones fail the message."""

_SIGNS: Final = {
    "info": ":information_source:",
    "warning": ":warning:",
    "error": ":exclamation:",
    "critical": ":rotating_light:",
}
_BUTTONS: Final = {"link": "Look at it", "acknowledge": "Acknowledge", "silence": "Silence"}


def send(sending: Sending) -> Reply:
    """Post the message as blocks, with a text for whoever can't show them."""
    body = msgspec.json.encode(payload(sending.message, tuple(sending.config.get("recipients", ()))))
    return sending.door.post(sending.config["webhook"], body, {"Content-Type": "application/json; charset=utf-8"})


def payload(message: Message, mentions: tuple[str, ...] = ()) -> dict[str, Any]:
    """What Slack is sent."""
    sign = ":white_check_mark:" if message.is_over else _SIGNS[message.severity]
    title = message.title[: MAX_HEADER - 30]
    text = " ".join(mentions) + (" " if mentions else "") + _escaped(message.text)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"{sign} {title}", "emoji": True}},
    ]
    if text.strip():
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text[:MAX_SECTION]}})
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": word}, "url": message.links[name]}
        for name, word in _BUTTONS.items()
        if name in message.links and len(message.links[name]) <= MAX_URL
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return {"text": f"{sign} {_escaped(title)}\n{text}"[:MAX_SECTION], "blocks": blocks}


def _escaped(text: str) -> str:
    """Slack's three signs of its own, so that a name from outside can neither mention nor link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


TYPE: Final = ChannelType(
    name="slack",
    label=said("Slack"),
    settings=(
        replace(
            WEBHOOK,
            label=said("Webhook address"),
            required=True,
            help=said("Of an incoming webhook: https://hooks.slack.com/services/…"),
        ),
        replace(
            RECIPIENTS,
            label=said("Mentions"),
            help=said("Who is called by name, such as <!here> or <@U012AB3CD>."),
        ),
        TEMPLATE,
    ),
    send=send,
)
