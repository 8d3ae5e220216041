"""What a web process makes at its start so that someone can get in: the first admin and the tokens of the settings.

There are no default credentials: what the environment does not give is random, and told once.
"""

import secrets
from functools import partial
from typing import Final

from app.accounts.actors import SERVER
from app.accounts.audit import Audit
from app.accounts.kinds import ISSUED, USER
from app.accounts.service import DEFAULT_SENDER, Accounts
from app.core.errors import Conflict
from config import Settings

READER: Final = "reader"
ONCE: Final = "(shown this once)"


def first_start(accounts: Accounts, audit: Audit, settings: Settings) -> list[str]:
    """Make what is missing and return the lines to print, which may hold secrets; at later starts there are none.

    Raises:
        InvalidInput: a name, password or token of the settings can't be used.
    """
    made = _Made(accounts, audit)
    return [*_admin(made, settings), *_ingest_token(made, settings), *_read_token(made, settings)]


class _Made:
    """Makes users and tokens in the server's own name."""

    def __init__(self, accounts: Accounts, audit: Audit) -> None:
        self.accounts = accounts
        self._audit = audit

    def user(self, name: str, password: str, role: str) -> None:
        users = self.accounts.users
        self._audit.made(SERVER, USER, lambda: users.create(name, password, role))

    def token(self, name: str, scope: str, text: str | None = None) -> str:
        tokens = self.accounts.tokens
        make = partial(tokens.create, name, scope, created_by=SERVER.name, token=text)
        return self._audit.made(SERVER, ISSUED, make)[1]


def _admin(made: _Made, settings: Settings) -> list[str]:
    if made.accounts.users.all():
        return []
    password = settings.admin_password or secrets.token_urlsafe(12)
    try:
        made.user(settings.admin_username, password, "admin")
    except Conflict:  # another process was first
        return []
    told = "the password of ADMIN_PASSWORD" if settings.admin_password else f"password {password} {ONCE}"
    return [f"Log in as {settings.admin_username}, {told}"]


def _ingest_token(made: _Made, settings: Settings) -> list[str]:
    if settings.ingest_token:
        return _given(made, DEFAULT_SENDER, "ingest", settings.ingest_token)
    if made.accounts.tokens.all():
        return []
    text = made.token(DEFAULT_SENDER, "ingest")
    return [f"Scrapers send the token {text} {ONCE}"]


def _read_token(made: _Made, settings: Settings) -> list[str]:
    return _given(made, READER, "read", settings.read_token) if settings.read_token else []


def _given(made: _Made, name: str, scope: str, token: str) -> list[str]:
    """A token from the environment; one that was revoked stays so."""
    if made.accounts.tokens.has(token):
        return []
    try:
        made.token(name, scope, token)
    except Conflict:  # another process was first
        return []
    return [f"The token of {scope.upper()}_TOKEN is accepted"]
