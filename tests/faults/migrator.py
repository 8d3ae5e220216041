"""Migrates a database and kills itself at the n-th change of its schema: ``python -m tests.faults.migrator URL 7``."""

import sys
from typing import Any

from sqlalchemy import Engine, event

from app.storage.sql import migrate
from tests.faults.moments import die

CHANGES = ("CREATE", "ALTER", "DROP", "INSERT")


def main(url: str, at: int) -> None:
    """Migrate until then."""
    changes = 0

    @event.listens_for(Engine, "after_cursor_execute")
    def _count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal changes
        changes += statement.lstrip().startswith(CHANGES)
        if changes == at:
            die()

    migrate.upgrade(url)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
