"""Dozens of other services by Apprise, if it is installed: ``pip install apprise``.

Apprise makes its connections by itself. So only services whose address is the service's own are allowed here, none
where an address could lead into the operator's network.
"""

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from app.core.errors import InvalidInput
from app.core.said import said
from app.notify.channels.base import ChannelType, Sending, waiting
from app.notify.fields import RECIPIENTS, TEMPLATE
from app.notify.reply import Reply, Undelivered

SCHEMES: Final = (
    "discord", "gchat", "opsgenie", "pagerduty", "pbul", "pover", "prowl", "sendgrid", "signl4", "spike", "splunk",
    "tgram", "twist", "wxteams",
)  # fmt: skip
"""What an address may begin with."""


def send(sending: Sending) -> Reply:
    """Send the message to each address that has not got it yet."""
    apprise = _library()
    message, failed, lasting = sending.message, [], True
    for url in waiting(sending):
        service = url.partition(":")[0]
        # Not `add`, which takes several addresses in one text, and so one that is not allowed behind one that is.
        sender = apprise.Apprise.instantiate(url) if service.lower() in SCHEMES else None
        if sender is None:
            failed.append(f"{service}: the address can't be used")
        elif sender.notify(title=message.title, body=_body(sending)):
            message.done.add(url)
        else:
            failed.append(f"{service}: it was not accepted")
            lasting = False
    if failed:
        raise Undelivered("; ".join(failed), lasting=lasting)
    return Reply(None, "Apprise says that every service accepted it.")


def check(config: dict[str, Any]) -> None:
    """Make sure that every address is of a service that is allowed.

    Raises:
        InvalidInput: one is not; names its place.
    """
    for position, url in enumerate(config.get("recipients", ())):
        if url.partition(":")[0].lower() not in SCHEMES or "://" not in url:
            field = f"config.recipients.{position}"
            raise InvalidInput(
                "%(name)s must start with one of %(known)s",
                name=field,
                known=", ".join(f"{one}://" for one in SCHEMES),
                field=field,
            )


def missing() -> str:
    """Why there is none; "" when it is installed."""
    return "" if find_spec("apprise") else said("Apprise is not installed: pip install apprise")


def _body(sending: Sending) -> str:
    links = sending.message.links
    return "\n".join([sending.message.text, *([links["link"]] if "link" in links else [])])


def _library() -> Any:
    if missing():
        raise Undelivered(missing(), lasting=True)
    return import_module("apprise")


TYPE: Final = ChannelType(
    name="apprise",
    label=said("Apprise"),
    settings=(
        replace(
            RECIPIENTS,
            label=said("Addresses"),
            required=True,
            secret=True,
            help=said("Apprise's own, of %(schemes)s.", schemes=", ".join(SCHEMES)),
        ),
        TEMPLATE,
    ),
    send=send,
    check=check,
    missing=missing,
)
