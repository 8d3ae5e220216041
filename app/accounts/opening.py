"""Accounts and their audit log over the database that they are kept in."""

from collections.abc import Callable
from typing import NamedTuple

from app.accounts.audit import Audit
from app.accounts.service import Accounts
from app.accounts.throttle import FAILURES, TokenThrottle
from app.core.clock import Clock
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.audit import SqlAuditStore
from app.storage.sql.database import Database
from config import Settings


class Opened(NamedTuple):
    """Both."""

    accounts: Accounts
    audit: Audit


def open_accounts(
    database: Database,
    clock: Clock,
    ended: Callable[[], object] = lambda: None,
    settings: Settings | None = None,
) -> Opened:
    """The accounts of DATABASE_URL; `ended` is told of each access that was ended, once that is committed.

    `settings` are those of a server, which slows down who guesses tokens by RATE_LIMIT_CONNECTIONS.
    """
    wrong_tokens = None
    if settings is not None:
        most = max(1, settings.rate_limit_connections // FAILURES)
        wrong_tokens = TokenThrottle(most, settings.rate_limit_interval)
    store = SqlAccountStore(database)
    accounts = Accounts(store, clock, ended=lambda: database.afterwards(ended), wrong_tokens=wrong_tokens)
    return Opened(accounts, Audit(SqlAuditStore(database), clock))
