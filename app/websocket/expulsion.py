"""Who may no longer stay: sockets of those whose access was ended are closed, wherever it was ended.

The revision of the accounts tells that something has changed; it is looked at each second, and at once when it rings.
"""

import threading
from collections.abc import Callable

from app.accounts.principals import Principal
from app.accounts.service import Accounts
from app.core.errors import Unavailable
from app.websocket.connections import Connections


class Expulsion:
    """See the module.

    Args:
        drop: closes a socket, for a reason; called in whatever thread looks, so it must hand that on to the loop.
    """

    def __init__(self, accounts: Accounts, connections: Connections, drop: Callable[[str, str], object]) -> None:
        self._accounts = accounts
        self._connections = connections
        self._drop = drop
        self._lock = threading.Lock()
        self.revision = 0
        """Of the accounts when they were last looked at."""

    def look(self, _about: object = None) -> None:
        """Close the sockets of those whose access was ended; asks only when accounts have changed. In real threads.

        The revision moves before the seats are looked at: whoever sits down meanwhile sees that it has, and asks.
        """
        with self._lock:
            before = self.revision
            try:
                self.revision = self._accounts.revision()
                if self.revision == before:
                    return
                found = self._connections.no_longer_valid(self._accounts.still_valid)
            except Unavailable:
                self.revision = before  # so it is asked again in a second
                return
        for eio_sid in found:
            self._drop(eio_sid, "access_ended")

    def is_out(self, seen: int, principal: Principal) -> bool:
        """Whether somebody may not stay who came when the revision was `seen`; in a real thread.

        Raises:
            Unavailable: nobody can be asked.
        """
        return seen != self.revision and not self._accounts.still_valid(principal)
