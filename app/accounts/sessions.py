"""Login sessions: what the signed cookie says, and when it stops being believed.

A session ends after twelve hours without use, after seven days in any case, when it is ended by itself (logout, or from
the user's list of them), and when the user's `session_version` has moved on (new password, disabled). Flask-Login
carries it; its user id is ``<user id>.<version>``, and beside it stands the key by which the store knows it
(`app.accounts.browser_sessions`).

A wall screen's session is a token's: it is ``-<token id>.0``. It ends when the token does, or when the screen has been
off for twelve hours; seven days are no limit for it, since nobody stands before it to sign in again.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import flask
import flask_login
from flask.sessions import SecureCookieSessionInterface

from app.accounts.principals import Principal
from config import Settings

IDLE_MS: Final = 12 * 3_600_000
ABSOLUTE_MS: Final = 7 * 86_400_000
SEEN_STEP_MS: Final = 60_000

USER: Final = "_user_id"  # Flask-Login's own name for it
STARTED: Final = "started"
SEEN: Final = "seen"
KEY: Final = "key"

SECURE_NAME: Final = "__Host-scrapewatch"


class Holder(NamedTuple):
    """Who a session says that it is of: a user by the version that was theirs, and its key; below 0 a token."""

    user_id: int
    version: int
    key: str = ""


class Visitor:
    """Who a request comes from, in the shape that Flask-Login and the templates ask for (`current_user`)."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, principal: Principal, *, by_session: bool) -> None:
        self.principal = principal
        self.by_session = by_session

    def get_id(self) -> str:
        """What the session keeps of them."""
        if self.principal.token_id is not None:
            return f"{-self.principal.token_id}.0"
        return f"{self.principal.user_id}.{self.principal.session_version}"

    @property
    def name(self) -> str:
        """The user's or the token's."""
        return self.principal.name

    @property
    def is_wall(self) -> bool:
        """See `Principal`."""
        return self.principal.is_wall

    def may(self, permission: str) -> bool:
        """Whether they hold that permission."""
        return self.principal.may(permission)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own, but that the cookie is bound to https as soon as people come by it.

    PUBLIC_URL may say so, or the present request, perhaps in the words of a trusted proxy.
    """

    def get_cookie_name(self, app: flask.Flask) -> str:
        """See Flask."""
        return SECURE_NAME if self.get_cookie_secure(app) else super().get_cookie_name(app)

    def get_cookie_secure(self, app: flask.Flask) -> bool:
        """See Flask."""
        return super().get_cookie_secure(app) or flask.request.is_secure


def configure(app: flask.Flask, settings: Settings) -> None:
    """Set the cookie's rules: scripts never see it, other sites never send it, and with https nothing else carries it.

    Browsers share cookies between the ports of a host, so the plain cookie's name holds the port: two servers on one
    machine don't log each other's users out.
    """
    app.session_interface = CookieSessions()
    app.config.update(
        SESSION_COOKIE_NAME=f"scrapewatch-{settings.port}",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_MS // 1_000,
        REMEMBER_COOKIE_NAME="scrapewatch-remember",  # never set by us, and a stranger's must not be taken for ours
    )


def begin(principal: Principal, now_ms: int, key: str = "") -> None:
    """Log in: a session of their own takes the place of whatever the browser brought along; `key` is a user's."""
    flask.session.clear()
    flask.session.permanent = True
    flask.session[STARTED] = flask.session[SEEN] = now_ms
    if key:
        flask.session[KEY] = key
    flask_login.login_user(Visitor(principal, by_session=True))


def end() -> None:
    """Log out in this browser."""
    flask_login.logout_user()
    flask.session.clear()


def holder(session: Mapping[str, Any], now_ms: int) -> Holder | None:
    """Who a session that has not run out says that it is of; None for any other."""
    try:
        user_id, _, version = str(session[USER]).partition(".")
        lasts = int(user_id) < 0 or now_ms - session[STARTED] < ABSOLUTE_MS
        return (
            Holder(int(user_id), int(version), str(session.get(KEY, "")))
            if lasts and now_ms - session[SEEN] < IDLE_MS
            else None
        )
    except (KeyError, TypeError, ValueError):
        return None


def seen(now_ms: int) -> None:
    """Keep the present session from idling out; to the minute, so that few answers carry a cookie."""
    if now_ms - flask.session[SEEN] >= SEEN_STEP_MS:
        flask.session[SEEN] = now_ms
