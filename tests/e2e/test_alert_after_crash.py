"""An alert that fires outlives the server: a killed one's successor neither tells it again nor loses its end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.accounts.service import Accounts
from app.alerts.engine import LEASE_MS
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.e2e.seed import event
from tests.server import Server, running

RULES, INCIDENTS, NOTICES = "/api/v1/alerts/rules", "/api/v1/alerts/incidents", "/api/v1/notices"
TAKEN_OVER_S = LEASE_MS / 1000 + 30
"""A lease, the interval of evaluations, and time to write and read."""
RULE = {
    "name": "backlog",
    "condition": {"metric": "queue", "operator": ">", "threshold": 10},
    "severity": "error",
    "channels": ["nobody"],
    "cooldown": 0,
    "keepFiringFor": 0,
}


def until(true: Callable[[], Any]) -> Any:
    """What `true` returns, once it is something."""
    deadline = time.monotonic() + TAKEN_OVER_S
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def tell(server: Server, value: float) -> None:
    """Send a figure."""
    server.json(
        "/api/v1/events", body=event("metric", {"values": {"queue": value}}), token=server.environment["INGEST_TOKEN"]
    )


def test_a_killed_server_s_alert_is_resolved_by_the_next(
    environment: dict[str, str], sqlite_url: str, async_mode: str, tmp_path: Path
):
    """One incident, one message that it fires and one that it is over, with kill -9 between them."""
    database = Database(sqlite_url)
    _, token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("ops", "operate")
    database.close()
    with running({**environment, "ASYNC_MODE": async_mode}, tmp_path / "server.log") as server:

        def incidents(state: str) -> list[Any]:
            return [
                one
                for one in server.json(f"{INCIDENTS}?state={state}", token=token)["items"]
                if one["rule"] == "backlog"
            ]

        server.json(RULES, body=RULE, token=token)
        tell(server, 20)
        (fired,) = until(lambda: incidents("firing"))
        server.kill()
        server.start()
        tell(server, 1)
        (over,) = until(lambda: incidents("resolved"))
        notices = server.json(f"{NOTICES}?incident={fired['id']}", token=token)["items"]

    assert (over["id"], over["startedAt"], over["reason"]) == (fired["id"], fired["startedAt"], "recovered")
    assert [one["kind"] for one in notices] == ["resolved", "firing"]
