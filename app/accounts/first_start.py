"""What a web process makes at its start so that someone can get in: the first admin and the tokens of the settings.

There are no default credentials: what the environment does not give is random, and told once.
"""

import secrets
from typing import Final

from app.accounts.service import DEFAULT_SENDER, Accounts
from app.core.errors import Conflict
from config import Settings

READER: Final = "reader"
ONCE: Final = "(shown this once)"


def first_start(accounts: Accounts, settings: Settings) -> list[str]:
    """Make what is missing and return the lines to print, which may hold secrets; at later starts there are none.

    Raises:
        InvalidInput: a name, password or token of the settings can't be used.
    """
    return [*_admin(accounts, settings), *_ingest_token(accounts, settings), *_read_token(accounts, settings)]


def _admin(accounts: Accounts, settings: Settings) -> list[str]:
    if accounts.users():
        return []
    password = settings.admin_password or secrets.token_urlsafe(12)
    try:
        accounts.create_user(settings.admin_username, password, "admin")
    except Conflict:  # another process was first
        return []
    told = "the password of ADMIN_PASSWORD" if settings.admin_password else f"password {password} {ONCE}"
    return [f"Log in as {settings.admin_username}, {told}"]


def _ingest_token(accounts: Accounts, settings: Settings) -> list[str]:
    if settings.ingest_token:
        return _given(accounts, DEFAULT_SENDER, "ingest", settings.ingest_token)
    if accounts.tokens():
        return []
    _, text = accounts.create_token(DEFAULT_SENDER, "ingest")
    return [f"Scrapers send the token {text} {ONCE}"]


def _read_token(accounts: Accounts, settings: Settings) -> list[str]:
    return _given(accounts, READER, "read", settings.read_token) if settings.read_token else []


def _given(accounts: Accounts, name: str, scope: str, token: str) -> list[str]:
    """A token from the environment; one that was revoked stays so."""
    if accounts.has_token(token):
        return []
    try:
        accounts.create_token(name, scope, token=token)
    except Conflict:  # another process was first
        return []
    return [f"The token of {scope.upper()}_TOKEN is accepted"]
