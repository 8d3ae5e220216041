"""A small app behind the guard, whose answers tell who got in, and the ways to knock."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask
import flask_babel
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from app.accounts import access, sessions
from app.accounts.access import current_principal, public, require, signed
from app.accounts.actors import Origin
from app.accounts.audit import Audit
from app.accounts.passwords import Passwords
from app.accounts.service import Accounts
from app.core.errors import Forbidden, InvalidInput, NotFound, Unauthorized, Unavailable
from app.core.problems import problem
from app.runtime.threading import ThreadingRuntime
from app.storage.sql.audit import SqlAuditStore
from config import Settings
from tests.fakes import StoppedClock

HERE = "127.0.0.1"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
"""The real thing with parameters that cost a test nothing."""


class PoolRuntime(ThreadingRuntime):
    """Does what the guard hands over in another thread, as under eventlet, where no request is at hand."""

    def call(self, work, *args, **kwargs):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work, *args, **kwargs).result()


def guarded(accounts: Accounts, settings: Settings, clock: StoppedClock) -> flask.Flask:
    """An app behind the guard, with the views below."""
    app = flask.Flask(__name__)
    app.secret_key = settings.secret_key
    flask_babel.Babel(app)
    access.protect(app, accounts, audit_of(accounts, clock), PoolRuntime(), settings, clock)
    app.register_error_handler(Unauthorized, access.refuse)
    app.register_error_handler(Forbidden, access.refuse)
    app.register_error_handler(InvalidInput, lambda error: (problem(400, error.code, field=error.field), 400))
    app.register_error_handler(NotFound, lambda _: (problem(404, "not_found"), 404))
    app.register_error_handler(Unavailable, lambda error: (problem(429, error.code), 429))
    app.register_blueprint(_views())
    return app


def audit_of(accounts: Accounts, clock: StoppedClock) -> Audit:
    """The log beside those accounts."""
    store: Any = accounts._store
    return Audit(SqlAuditStore(store._database), clock)


def _views() -> flask.Blueprint:
    views = flask.Blueprint("views", __name__)

    for permission in ("read", "ingest", "operate", "admin"):
        views.add_url_rule(f"/api/{permission}", permission, _asker(permission), methods=["GET", "POST"])
    views.add_url_rule("/page", "page", _asker("read"), methods=["GET", "POST"])
    views.add_url_rule("/page/<path:part>", "part", _asker("read"))
    views.add_url_rule("/open", "open", public(lambda: {"name": ""}))
    views.add_url_rule("/signed", "signed", signed(lambda: {"name": ""}), methods=["GET", "POST"])
    views.add_url_rule("/unmarked", "unmarked", lambda: {"name": ""})
    return views


def _asker(permission: str):
    @require(permission)
    def who(**_):
        return {"name": current_principal().name}

    return who


def basic(name: str, password: str = "") -> dict[str, str]:
    """The header of a user, by default with the right password."""
    pair = f"{name}:{password or right(name)}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def right(name: str) -> str:
    """The password of a user of the fixture `people`."""
    return f"{name}'s"


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


def log_in(client: FlaskClient, accounts: Accounts, clock: StoppedClock, name: str = "viewer") -> str:
    """Begin a session in `client`, as the login page does; returns a CSRF token of it."""
    user = accounts.by_password(name, right(name), HERE)
    principal, key = accounts.begin(user.user_id or 0, Origin(HERE, "a browser"))
    with client.application.test_request_context():
        sessions.begin(principal, clock.now_ms(), key)
        csrf = str(generate_csrf())
        content = dict(flask.session)
    with client.session_transaction() as session:
        session.clear()
        session.update(content)
        session.permanent = True
    return csrf
