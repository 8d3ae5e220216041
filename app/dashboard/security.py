"""The headers of every answer: what a page may load, who may frame it, what may be kept.

No script or style stands inside a page, so the policy needs neither nonce nor ``unsafe-inline``. The one hash is that
of the empty style sheet that Plotly inserts and then fills through the object model.
"""

from typing import Final

from flask import Flask, Response, request
from flask.sessions import SessionMixin
from werkzeug.exceptions import SecurityError

from app.accounts.sessions import CookieSessions

EMPTY_SHEET: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000"


class Sessions(CookieSessions):
    """The login's, but for answers that anyone may keep.

    Those carry no session and no ``Vary: Cookie``, which would empty browsers' caches at each new cookie.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """See Flask."""
        if not response.cache_control.public:
            super().save_session(app, session, response)


def policy(host: str, *, secure: bool) -> str:
    """The Content-Security-Policy of a page answered under that host name; "" is one that is not ours."""
    socket = f" {'wss' if secure else 'ws'}://{host}" if host else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' {EMPTY_SHEET}",
            "img-src 'self' data: blob:",
            f"connect-src 'self'{socket}",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def install(app: Flask) -> None:
    """Put the headers on every answer that does not bring its own."""
    app.session_interface = Sessions()

    @app.after_request
    def add_headers(answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if answer.mimetype == "text/html":
            answer.headers.setdefault("Content-Security-Policy", policy(_host(), secure=request.is_secure))
        if request.is_secure:
            answer.headers.setdefault("Strict-Transport-Security", HSTS)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _host() -> str:
    """The host name that was asked for; "" if it is none of TRUSTED_HOSTS, of which the page then says so."""
    try:
        return request.host
    except SecurityError:
        return ""
