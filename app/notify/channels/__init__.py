"""The types of channels; one file a type.

To add a type: a module with a `TYPE`, and a row below.
"""

from typing import Final

from app.notify.channels import alertmanager, apprise, email, slack, sms, webhook
from app.notify.channels.base import ChannelType

TYPES: Final[dict[str, ChannelType]] = {
    module.TYPE.name: module.TYPE for module in (slack, email, sms, webhook, alertmanager, apprise)
}
