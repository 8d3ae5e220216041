"""The settings of a channel: each type has a list of them, from which its form is drawn and its config checked.

`recipients`, `webhook` and `template` may be given to every type, whether it needs them or not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from app.core.errors import InvalidInput
from app.core.said import joined, said
from app.notify import template
from app.notify.message import FIELDS

MAX_TEXT: Final = 2_000
MAX_RECIPIENTS: Final = 50


@dataclass(slots=True, frozen=True, kw_only=True)
class Setting:
    """A row of a type's settings.

    Attributes:
        kind: `text`, `url`, `list`, `template`, `truth` or `channel`.
        label: what a form calls it.
        help: what is to be written there.
        required: whether the channel is of no use without it.
        variable: the setting of the server that gives it to channels without one of their own; then a channel may be
            made before the environment has it.
        secret: never shown again; the form says whether it is set.
        schemes: of a `url`.
    """

    name: str
    kind: str
    label: str
    help: str = ""
    required: bool = False
    variable: str = ""
    secret: bool = False
    schemes: tuple[str, ...] = ()


RECIPIENTS: Final = Setting(name="recipients", kind="list", label=said("Recipients"))
WEBHOOK: Final = Setting(name="webhook", kind="url", label=said("Address"), secret=True, schemes=("https", "http"))
TEMPLATE: Final = Setting(
    name="template", kind="template", label=said("Text"), help=said("Fields stand in braces; empty for the usual text.")
)
SEND_RESOLVED: Final = Setting(
    name="sendResolved",
    kind="truth",
    label=said("The end is told"),
    help=said("Always (but for what happens at one moment) or never, whatever a rule says; empty for as it says."),
)
FALLBACK: Final = Setting(
    name="fallback",
    kind="channel",
    label=said("Stand-in"),
    help=said("The channel that is told what this one can't be told."),
)
SHARED: Final = (SEND_RESOLVED, FALLBACK)
"""What every type has besides its own settings."""


def checked(settings: Sequence[Setting], config: object) -> dict[str, Any]:
    """`config` if a channel with these `settings` can be made of it; what is null or empty is left out.

    Raises:
        InvalidInput: a field is missing, unknown or can't be what it is; names it, as in ``config.webhook``.
    """
    if not isinstance(config, Mapping):
        raise InvalidInput("config must be an object", field="config")
    known = {setting.name: setting for setting in (RECIPIENTS, WEBHOOK, TEMPLATE, *SHARED, *settings)}
    given = {str(name): value for name, value in config.items() if value not in (None, "", [])}
    for name in given:
        if name not in known:
            raise InvalidInput("config.%(name)s is no field of this type", name=name, field=f"config.{name}")
    for setting in settings:
        if setting.required and not setting.variable and setting.name not in given:
            raise InvalidInput("config.%(name)s is required", name=setting.name, field=f"config.{setting.name}")
    return {name: _KINDS[known[name].kind](known[name], value, f"config.{name}") for name, value in given.items()}


def lacking(settings: Sequence[Setting], config: Mapping[str, Any]) -> str:
    """What stands in the way of using a channel with all that `config` has; "" for nothing."""
    missing = [setting for setting in settings if setting.required and setting.name not in config]
    parts: list[str] = []
    for one in missing:
        told = said("config.%(name)s is missing: give it, or set %(variable)s.", name=one.name, variable=one.variable)
        parts += [" ", told] if parts else [told]
    return joined(parts) if parts else ""


def _text(setting: Setting, value: object, field: str) -> str:  # noqa: ARG001  (one signature for all kinds)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        raise InvalidInput(
            "%(name)s must be printable text of at most %(most)s characters",
            name=field,
            most=MAX_TEXT,
            field=field,
        )
    return value


def _url(setting: Setting, value: object, field: str) -> str:
    found = _text(setting, value, field)
    try:
        parts = urlsplit(found)
        usable = parts.scheme in setting.schemes and bool(parts.hostname) and parts.port != 0 and " " not in found
    except ValueError:
        usable = False
    if not usable:
        allowed = " or ".join(f"{scheme}://" for scheme in setting.schemes)
        raise InvalidInput(
            "%(name)s must be an address that starts with %(allowed)s", name=field, allowed=allowed, field=field
        )
    return found


def _list(setting: Setting, value: object, field: str) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > MAX_RECIPIENTS:
        raise InvalidInput(
            "%(name)s must be a list of at most %(most)s texts",
            name=field,
            most=MAX_RECIPIENTS,
            field=field,
        )
    return [_text(setting, one, f"{field}.{position}") for position, one in enumerate(value)]


def _template(setting: Setting, value: object, field: str) -> str:  # noqa: ARG001
    if not isinstance(value, str):
        raise InvalidInput("%(name)s must be a text", name=field, field=field)
    return template.check(value, FIELDS, field)


def _truth(setting: Setting, value: object, field: str) -> bool:  # noqa: ARG001
    if not isinstance(value, bool):
        raise InvalidInput("%(name)s must be true or false", name=field, field=field)
    return value


_KINDS: Final[dict[str, Callable[[Setting, object, str], Any]]] = {
    "text": _text,
    "url": _url,
    "list": _list,
    "template": _template,
    "truth": _truth,
    "channel": _text,
}
