"""The links in a notice: signed, so that they open without a login, and only for some days.

Each shows something when it is followed and does something only when its button is pressed: programs that look
through mails and chats follow links.
"""

from collections.abc import Callable, Mapping
from typing import Final

from app.accounts.links import signed_path
from app.core.clock import Clock
from app.storage.base_notices import PROBLEMS, Notice

LASTS_MS: Final = 7 * 86_400_000
ACTS: Final = ("acknowledge", "silence")

MakeLinks = Callable[[Notice], Mapping[str, str]]


def maker(public_url: str, key: str, clock: Clock) -> MakeLinks:
    """Makes the links of a notice, by name; `key` is the one by which the pages check signatures."""

    def make(notice: Notice) -> Mapping[str, str]:
        if notice.incident_id is None:
            return {"link": f"{public_url}/settings/channels"}
        acts = ACTS if notice.kind in PROBLEMS else ()
        until_ms = clock.now_ms() + LASTS_MS
        paths = {"link": f"/notices/{notice.id}", **{act: f"/notices/{notice.id}/{act}" for act in acts}}
        return {name: public_url + signed_path(path, until_ms, key) for name, path in paths.items()}

    return make
