"""Three processes of the server on one Postgres, and a Redis that rings between them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests import postgres, redis_server
from tests.notify.receivers import Receiver, receiver
from tests.server import Server, variables

PATIENCE_S = 20


@dataclass(frozen=True)
class House:
    """The processes, and what they share; `token` may operate, `ops` is told of alerts."""

    servers: list[Server]
    redis: redis_server.Server
    ops: Receiver
    accounts: Accounts
    database: Database
    token: str

    @property
    def ingest_token(self) -> str:
        return self.servers[0].environment["INGEST_TOKEN"]

    @property
    def read_token(self) -> str:
        return self.servers[0].environment["READ_TOKEN"]


@pytest.fixture(scope="module")
def house(postgres_server: postgres.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All of it runs; whoever stops a part starts it again."""
    folder: Path = tmp_path_factory.mktemp("several")
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server.database())
        try:
            redis = stack.enter_context(redis_server.started())
        except redis_server.Unobtainable as reason:
            pytest.skip(f"Redis: {reason}")
        redis.start()
        database = stack.enter_context(closing(Database(url)))
        accounts = Accounts(SqlAccountStore(database), CLOCK)
        _, token = accounts.create_token("ops", "operate")
        ops = stack.enter_context(receiver())
        environment = {
            **variables(folder),
            "DATABASE_URL": url,
            "MESSAGE_QUEUE_URL": redis.url,
            "NOTIFY_ALLOW_PRIVATE": "true",
            "ALERT_WEBHOOK_URL": ops.url,
        }
        servers = [Server(environment, folder / f"{number}.log") for number in range(3)]
        for server in servers:
            server.start()
            stack.callback(server.kill)
        yield House(servers, redis, ops, accounts, database, token)


def until(true: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """What `true` returns, once it is something."""
    deadline = time.monotonic() + patience_s
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
