"""Who may what: every address of the server and every message of its sockets, ``docs/access.md``.

The rows are read from the application itself; ``tests/api/test_matrix.py`` asks each address as each of the columns.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import flask

import config
from app.accounts.access import PUBLIC, SAFE_METHODS, SIGNED, mark_of
from app.accounts.roles import ROLES, SCOPES
from app.factory import WebProcess, create_app
from app.runtime import open_runtime
from app.storage.sql import migrate
from docs.markdown import page, table

_KEY: Final = "a key that signs nothing: no page is asked for"
_ALL: Final = frozenset({"HEAD", "OPTIONS"})
_YES: Final = "●"
SOCKETS: Final[dict[tuple[str, str], str]] = {
    ("/", "an event's type, `events`, `hello`"): "ingest",
    ("/live", "`subscribe`, `unsubscribe`"): "read",
}
"""Messages by namespace, and what they take."""


def access() -> str:
    """The page."""
    who = (*(f"{role}" for role in ROLES), *(f"token {scope}" for scope in SCOPES))
    head = ("", "takes", *who)
    with TemporaryDirectory() as folder:
        rows = [
            (f"`{methods} {_in_short(address)}`", mark, *_marks(mark))
            for address, methods, mark in addresses(_app(folder))
        ]
    messages = ((f"`{namespace}` {names}", mark, *_marks(mark)) for (namespace, names), mark in SOCKETS.items())
    return page(
        "Access",
        "What each address and each message takes, and so who may ask: a user by their role, a token by its scope. "
        "`public` takes nothing, `signed` the link alone. Every change by a login session takes a CSRF token, too, and "
        "none may come from another site.",
        "## Addresses",
        table(head, rows),
        "## Sockets",
        table(head, messages),
    )


def addresses(app: flask.Flask) -> Iterator[tuple[str, str, str]]:
    """Address, methods and mark of each route, by address; looking and changing apart."""
    with app.app_context():
        routes = [
            (rule.rule, rule.methods or set(), mark_of(rule.endpoint) or "nothing") for rule in app.url_map.iter_rules()
        ]
    for address, methods, mark in sorted(routes, key=lambda route: (route[0], sorted(route[1]))):
        yield address, ", ".join(sorted(methods - _ALL)), mark


def _in_short(address: str) -> str:
    """Without what its parts may be."""
    return re.sub(r"<[a-z_]+(?:\([^)]*\))?:(\w+)>", r"<\1>", address)


def changes(methods: str) -> bool:
    """Whether one of them changes something."""
    return not set(methods.split(", ")) <= SAFE_METHODS


def _marks(mark: str) -> tuple[str, ...]:
    held = (*ROLES.values(), *SCOPES.values())
    return tuple(_YES if mark in {PUBLIC, SIGNED} or mark in permissions else "" for permissions in held)


def _app(folder: str) -> flask.Flask:
    settings = config.load({"DATA_DIR": folder, "SECRET_KEY": _KEY, "ENCRYPTION_KEYS": _KEY})
    migrate.upgrade(f"sqlite:///{Path(folder) / 'scrapewatch.db'}")
    process = WebProcess(settings, open_runtime("threading"))
    try:
        return create_app(process.services)
    finally:
        process.services.database.close()
