"""Where a channel would lead, looked at when it is kept: an address of one's own network is refused at its field.

Each message is looked at again, since a name may have another address by then; see `app.notify.door`.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from app.core.errors import InvalidInput
from app.notify.channels import TYPES
from app.notify.door import Door
from app.notify.fields import WEBHOOK
from app.notify.reply import Undelivered

ADDRESSES: Final = sorted(
    {setting.name for kind in TYPES.values() for setting in (WEBHOOK, *kind.settings) if setting.kind == "url"}
)
"""The fields that hold one, of whatever type."""


def check(body: object, door: Door) -> None:
    """Make sure that no address in a channel's `body` leads where `door` opens to nobody.

    Asks the resolver, so not within a transaction. What is no address is passed over: that is told by who reads it.

    Raises:
        InvalidInput: one does; names the field.
    """
    config = body.get("config") if isinstance(body, Mapping) else None
    if not isinstance(config, Mapping):
        return
    for name in ADDRESSES:
        host = _host(config.get(name))
        try:
            if host:
                door.check(host)
        except Undelivered as failure:
            raise InvalidInput(failure.said, field=f"config.{name}") from None


def _host(address: object) -> str:
    if not isinstance(address, str) or not address.isprintable():
        return ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
