"""The channels that the environment describes, and what it gives all of a type: a mail server, a sender."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.secrets import load_or_create
from config import Settings

Config = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Environment:
    """What the environment says of channels.

    Attributes:
        channels: by name, which is also the type: `slack`, `email`, `sms`, `webhook`.
        defaults: by type, the settings that a channel need not bring itself.
    """

    channels: Mapping[str, Config]
    defaults: Mapping[str, Config]


def environment(settings: Settings) -> Environment:
    """What `settings` say of channels.

    Raises:
        ScrapewatchError: the webhooks' own secret can't be read or made.
    """
    secret = settings.alert_webhook_secret or load_or_create(settings.data_dir / "webhook_secret")
    defaults = {
        "email": _given(smtp=settings.smtp_url, **{"from": settings.alert_email_from}),
        "sms": _given(webhook=settings.twilio_url, **{"from": settings.sms_from}),
        "webhook": {"secret": secret},
    }
    own = {
        "slack": _given(webhook=settings.slack_webhook_url),
        "email": _given(recipients=list(settings.alert_email_to)) if settings.smtp_url else {},
        "sms": _given(recipients=list(settings.sms_to)) if settings.twilio_url else {},
        "webhook": _given(webhook=settings.alert_webhook_url),
    }
    return Environment({name: config for name, config in own.items() if config}, defaults)


def _given(**config: Any) -> Config:
    return {name: value for name, value in config.items() if value}
