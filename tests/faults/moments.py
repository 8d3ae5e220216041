"""Moments at which the server kills itself, as `kill -9` would: each is set up by its function, for the n-th write."""

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from app.storage.sql.events import SqlEventStore


def after_commit(at: int) -> None:
    """The events are committed, and nobody was answered."""
    append = SqlEventStore.append
    writes = 0

    def dying(self: SqlEventStore, *arguments: Any) -> Any:
        nonlocal writes
        commit = append(self, *arguments)
        writes += 1
        if writes == at:
            die()
        return commit

    _replace(dying)


def before_commit(at: int) -> None:
    """The events are inserted, and the driver is about to be told to commit."""
    append = SqlEventStore.append
    writes = 0
    writing = False

    def counting(self: SqlEventStore, *arguments: Any) -> Any:
        nonlocal writes, writing
        writes, writing = writes + 1, True
        try:
            return append(self, *arguments)
        finally:
            writing = False

    _replace(counting)
    event.listen(Engine, "commit", lambda _: die() if writing and writes == at else None)


def die() -> None:
    """At once, with nothing cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def _replace(append: Callable[..., Any]) -> None:
    setattr(SqlEventStore, "append", append)  # noqa: B010 - for the type checker a method is not to be replaced
