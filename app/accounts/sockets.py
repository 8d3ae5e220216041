"""The guard of the sockets: who connects? What they may do there, the namespaces decide.

How often an address may ask is bounded where sockets open, so who fails there bars no right token of the same address.
"""

from collections.abc import Mapping
from typing import Final

import flask
from flask import request
from werkzeug.exceptions import SecurityError

from app.accounts import origins, sessions
from app.accounts.actors import Origin
from app.accounts.credentials import Basic, Bearer, check_way, from_header
from app.accounts.principals import Principal
from app.accounts.turnstile import Turnstile
from app.core.clock import Clock
from app.core.errors import Forbidden, Unauthorized
from config import Settings

LIVE: Final = "/live"
"""The namespace of our own pages, the only one where their session counts."""


class SocketGuard:
    """Judges connects by WEBSOCKET_AUTH_REQUIRED and WEBSOCKET_AUTH_TYPE."""

    def __init__(self, turnstile: Turnstile, settings: Settings, clock: Clock) -> None:
        self._turnstile = turnstile
        self._settings = settings
        self._clock = clock

    def authenticate(self, auth: object, namespace: str) -> Principal:
        """Who connects to `namespace` by the present request; see `access.authenticate_socket`."""
        self._check_host()
        given = auth.get("token") if isinstance(auth, Mapping) else None
        header = request.headers.get("Authorization")
        if given is not None:
            return self._identified(Bearer(given) if isinstance(given, str) else None)
        if header is not None:
            return self._identified(from_header(header))
        found = self._by_session() if namespace == LIVE else None
        if found is not None:
            return found
        if self._settings.websocket_auth_required:
            raise Unauthorized
        return self._turnstile.anonymous()

    @staticmethod
    def _check_host() -> None:
        """Flask holds pages to TRUSTED_HOSTS by itself; sockets are not its routes."""
        try:
            _ = request.host
        except SecurityError as error:
            raise Forbidden("This host name is not one of TRUSTED_HOSTS.") from error

    def _identified(self, credentials: Bearer | Basic | None) -> Principal:
        kind = "basic" if isinstance(credentials, Basic) else "token"
        if credentials is None or kind not in self._settings.websocket_auth_type:
            raise Unauthorized
        origin = _origin()
        check_way(credentials, origin.address, secure=request.is_secure)
        return self._turnstile.identify(credentials, origin, seldom=True)

    def _by_session(self) -> Principal | None:
        """The holder of the page's session, if the page is ours: browsers send cookies along for other sites too."""
        holder = sessions.holder(flask.session, self._clock.now_ms())
        if holder is None:
            return None
        if not self._is_own_page():
            raise Forbidden("The socket comes from another site; behind a proxy, set PUBLIC_URL.")
        return self._turnstile.by_session(holder, _origin())

    def _is_own_page(self) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:  # left out when long polling begins with a GET of the same site
            return request.headers.get("Sec-Fetch-Site") == "same-origin"
        return origins.is_own(origin, request.host_url, self._settings.public_url)


def _origin() -> Origin:
    return Origin(request.remote_addr or "", request.headers.get("User-Agent", ""))
