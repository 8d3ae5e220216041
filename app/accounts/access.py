"""The guard of every page and of the API: who is asking, and may they?

Each view carries one mark: `require(permission)`, `public` or `signed`. A view without one answers nobody, so that
forgetting it is safe. Credentials are a Bearer token, HTTP Basic, or the login session; a request that brings an
Authorization header is judged by that alone.

To protect a new view, mark it. To learn who asks, call `current_principal`.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import flask
import flask_login
from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden as WebForbidden
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts import actors, links, origins, roles, sessions
from app.accounts.actors import Actor, Origin
from app.accounts.audit import Audit
from app.accounts.credentials import Basic, Bearer, check_way, from_header
from app.accounts.principals import Principal
from app.accounts.service import Accounts, Entered
from app.accounts.sessions import Visitor
from app.accounts.sockets import SocketGuard
from app.accounts.turnstile import Turnstile
from app.core.clock import CLOCK, Clock
from app.core.errors import Forbidden, InvalidInput, NotFound, ScrapewatchError, Unauthorized
from app.core.problems import CONTENT_TYPE, problem
from app.core.said import said
from app.runtime.base import Runtime
from config import Settings

log = logging.getLogger(__name__)

LOGIN_PATH: Final = "/login"
API_PREFIXES: Final = ("/api/", "/export/", "/metrics")
DOCUMENTS: Final = "/api/docs"
"""The pages among them begin so."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SOCKETS: Final = "scrapewatch.sockets"
TURNSTILE: Final = "scrapewatch.turnstile"
PUBLIC: Final = "public"
SIGNED: Final = "signed"

View = TypeVar("View", bound=Callable[..., Any])


def require(permission: str) -> Callable[[View], View]:
    """Mark a view: only who holds `permission` (of `roles`) gets in."""
    if permission not in roles.ROLES["admin"]:
        raise ValueError(f"There is no permission {permission}.")
    return lambda view: _marked(view, permission)


def public(view: View) -> View:
    """Mark a view: anyone gets in. If it changes something, it must call `check_csrf` itself."""
    return _marked(view, PUBLIC)


def signed(view: View) -> View:
    """Mark a view: who has the link made by `links.signed_path` gets in; anyone else is told there is no such page."""
    return _marked(view, SIGNED)


def believe_proxies(app: flask.Flask, hops: int) -> None:
    """Take callers' addresses and schemes from that many proxies in front; X-Forwarded-Host is not believed.

    Common routers pass on whatever a client wrote into that one.
    """
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _marked(view: View, mark: str) -> View:
    vars(view)["access"] = mark
    return view


def mark_of(endpoint: str) -> str | None:
    """The permission that an endpoint of the present app requires, `PUBLIC`, `SIGNED`, or None if it has no mark."""
    if endpoint.rpartition(".")[2] == "static":
        return PUBLIC
    mark: str | None = getattr(current_app.view_functions[endpoint], "access", None)
    return mark


def current_principal() -> Principal:
    """Who asks.

    Raises:
        Unauthorized: nobody known; can't happen in a view that requires a permission.
    """
    visitor = flask_login.current_user
    if not visitor.is_authenticated:
        raise g.get("access_failure") or Unauthorized
    principal: Principal = visitor.principal
    return principal


def current_origin() -> Origin:
    """Where the present request comes from; behind proxies as `believe_proxies` says."""
    return Origin(request.remote_addr or "", request.headers.get("User-Agent", ""))


def current_actor() -> Actor:
    """Who asks and from where, for the audit log; raises as `current_principal`."""
    return actors.of(current_principal(), current_origin())


def check_csrf() -> None:
    """Make sure that a change comes from a form or script of our own pages, by the token of Flask-WTF.

    Raises:
        InvalidInput: with the code `csrf`.
    """
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError as error:
        stale = said("The form is out of date; load the page anew, then try again.")
        raise InvalidInput(stale, field="csrf_token", code="csrf") from error


def authenticate_socket(auth: object, namespace: str) -> Principal:
    """Who connects a socket by the present request; waits for a real thread.

    Args:
        auth: what the client sent along: ``{"token": …}``, anything else, or nothing.
        namespace: on `/live` the session of our own pages counts too.

    Raises:
        Unauthorized: no credentials, or none that hold.
        Forbidden: the session's, but from another site's page; or by a name outside TRUSTED_HOSTS.
        Unavailable: `rate_limited` after too many wrong passwords within a minute; `busy`.
    """
    guard: SocketGuard = current_app.extensions[SOCKETS]
    return guard.authenticate(auth, namespace)


def log_in(name: str, password: str) -> Entered:
    """Who logs in by the present request; raises what `Turnstile.log_in` does, and `Unavailable` (`busy`)."""
    turnstile: Turnstile = current_app.extensions[TURNSTILE]
    return turnstile.log_in(name, password, current_origin())


def exchange(token: str) -> Principal:
    """Who a token given in a form speaks for; raises `Unauthorized` for one that is none."""
    turnstile: Turnstile = current_app.extensions[TURNSTILE]
    return turnstile.identify(Bearer(token), current_origin())


def accept(secret: str, password: str) -> Entered:
    """Choose a password by a link, and log in; raises what `Turnstile.accept` does."""
    turnstile: Turnstile = current_app.extensions[TURNSTILE]
    return turnstile.accept(secret, password, current_origin())


def change_password(old: str, new: str) -> Entered:
    """Choose another password than one's own, and log in anew; raises what `Turnstile.change_password` does."""
    turnstile: Turnstile = current_app.extensions[TURNSTILE]
    return turnstile.change_password(current_actor(), old, new)


def refuse(error: Unauthorized | Forbidden) -> ResponseReturnValue | HTTPException:
    """How a refusal is told: as a problem to programs; to people as the way to the login, or the 403 page."""
    status = 401 if isinstance(error, Unauthorized) else 403
    if wants_problem():
        answer = flask.jsonify(problem(status, error.code, detail=error.detail, field=getattr(error, "field", "")))
        answer.status_code, answer.content_type = status, CONTENT_TYPE
        return answer
    if status == 401:
        target = _here() if request.method in SAFE_METHODS else links.HOME
        return flask.redirect(f"{LOGIN_PATH}?{urlencode({'next': target})}")
    return current_app.handle_http_exception(WebForbidden(error.detail))


def _here() -> str:
    """The path asked for, encoded anew: a job's id may hold any character."""
    query = request.query_string.decode("ascii", "replace")
    return f"{quote(request.path)}?{query}" if query else quote(request.path)


def wants_problem() -> bool:
    """Whether the present request comes from a program rather than from a person's browser."""
    accepted = request.accept_mimetypes
    return (
        (request.path.startswith(API_PREFIXES) and not request.path.startswith(DOCUMENTS))
        or "Authorization" in request.headers
        or request.is_json
        or accepted.best_match(["text/html", "application/json"], "text/html") == "application/json"
    )


def protect(
    app: flask.Flask, accounts: Accounts, audit: Audit, runtime: Runtime, settings: Settings, clock: Clock = CLOCK
) -> None:
    """Put the guard before every view of `app`; `app.secret_key` must be set by the first request."""
    sessions.configure(app, settings)
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    CSRFProtect(app)
    turnstile = app.extensions[TURNSTILE] = Turnstile(accounts, audit, runtime)
    app.extensions[SOCKETS] = SocketGuard(turnstile, settings, clock)
    guard = _Guard(turnstile, settings, clock)
    manager = flask_login.LoginManager()
    manager.user_loader(guard.by_session)
    manager.request_loader(guard.by_header)
    manager.init_app(app)
    app.before_request(guard.check)


class _Guard:
    """What stands before every view."""

    def __init__(self, turnstile: Turnstile, settings: Settings, clock: Clock) -> None:
        self._turnstile = turnstile
        self._public_url = settings.public_url
        self._clock = clock

    def check(self) -> None:
        """Let the present request pass, or raise what is wrong with it."""
        if request.endpoint is None:
            return  # no such page: the answer is a plain 404
        changes = request.method not in SAFE_METHODS
        if changes:
            self._check_origin()
        mark = mark_of(request.endpoint)
        if mark == SIGNED:
            self._check_signature()
        elif mark != PUBLIC:
            self._check_permission(mark, changes=changes)

    def by_session(self, _identifier: str) -> Visitor | None:
        """Flask-Login's user loader: the holder of the session, unless the request brings other credentials."""
        now_ms = self._clock.now_ms()
        holder = None if "Authorization" in request.headers else sessions.holder(flask.session, now_ms)
        if holder is None:
            return None
        principal = self._resolved(self._turnstile.by_session, holder, current_origin())
        if principal is None:
            return None
        sessions.seen(now_ms)
        return Visitor(principal, by_session=True)

    def by_header(self, _request: flask.Request) -> Visitor | None:
        """Flask-Login's request loader: who the Authorization header speaks for."""
        header = request.headers.get("Authorization")
        credentials = from_header(header) if header else None
        if credentials is None:
            return None
        principal = self._resolved(self._identify, credentials, current_origin())
        return None if principal is None else Visitor(principal, by_session=False)

    def _identify(self, credentials: Bearer | Basic, origin: Origin) -> Principal:
        check_way(credentials, origin.address, secure=request.is_secure)
        return self._turnstile.identify(credentials, origin)

    def _resolved(self, resolve: Callable[..., Principal | None], *args: object) -> Principal | None:
        """Ask the turnstile.

        A failure is kept for `current_principal` rather than raised, because a template that only wants to know
        whether someone is logged in, say that of the error page, comes here too.
        """
        try:
            return resolve(*args)
        except ScrapewatchError as error:
            g.access_failure = error
            return None

    def _check_origin(self) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and not origins.is_own(origin, request.host_url, self._public_url):
            raise Forbidden("The request comes from another site; behind a proxy, set PUBLIC_URL.")

    def _check_signature(self) -> None:
        expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
        key = str(current_app.secret_key)
        if not links.is_signed(request.path, expires, signature, key, now_ms=self._clock.now_ms()):
            raise NotFound("There is no such page.")

    def _check_permission(self, mark: str | None, *, changes: bool) -> None:
        principal = current_principal()
        if mark is None:
            log.error("The view %s has no access mark and answers nobody", request.endpoint)
            raise Forbidden("This page is not open.")
        if changes and flask_login.current_user.by_session:
            check_csrf()
        if not principal.may(mark):
            raise Forbidden("This takes the permission %(permission)s.", permission=mark)
