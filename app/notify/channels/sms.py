"""Text messages by Twilio, and by what takes the same form: one POST a recipient."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from app.core.said import said
from app.notify.channels.base import ChannelType, Sending, waiting
from app.notify.fields import RECIPIENTS, TEMPLATE, WEBHOOK, Setting
from app.notify.message import Message
from app.notify.reply import Reply

MAX_TEXT: Final = 459
"""Three segments of a long message: what a telephone still shows as one."""


def send(sending: Sending) -> Reply:
    """Send the message to each recipient who has not got it yet; the last answer stands for all."""
    message, config = sending.message, sending.config
    reply = Reply(None, "Every recipient has it.")
    for number in waiting(sending):
        form = urlencode({"From": config["from"], "To": number, "Body": text(message, form="template" in config)})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "I-Twilio-Idempotency-Token": f"{message.key} {number}",
        }
        reply = sending.door.post(config["webhook"], form.encode(), headers)
        message.done.add(number)
    return reply


def text(message: Message, *, form: bool) -> str:
    """The message as it is read on a telephone: by the template alone if there is one."""
    if form:
        return message.text[:MAX_TEXT]
    link = message.links.get("link", "")
    room = MAX_TEXT - len(link) - 1
    return f"{message.title}\n{message.text}"[: max(room, 0)] + (f"\n{link}" if link else "")


TYPE: Final = ChannelType(
    name="sms",
    label=said("Text message (Twilio)"),
    settings=(
        replace(RECIPIENTS, label=said("Numbers"), required=True, help=said("International, as +33612345678.")),
        replace(
            WEBHOOK,
            label=said("Address of the service"),
            required=True,
            variable="TWILIO_URL",
            help=said(
                "The full Messages.json address with account and token: https://SID:TOKEN@api.twilio.com/…; "
                "empty for TWILIO_URL."
            ),
        ),
        Setting(
            name="from",
            kind="text",
            label=said("From"),
            required=True,
            variable="SMS_FROM",
            help=said("The sending number; empty for SMS_FROM."),
        ),
        TEMPLATE,
    ),
    send=send,
)
