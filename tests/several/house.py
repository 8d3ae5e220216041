"""Three processes of the server on one Postgres, a Redis that rings between them, and an operator who is told."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.alerts_tables import leases
from app.storage.sql.database import Database
from tests import postgres, redis_server
from tests.notify.receivers import Receiver, receiver
from tests.server import Server, variables

PROCESSES = 3


@dataclass(frozen=True)
class House:
    """The processes, and what they share; `token` may operate, `ops` is told of alerts."""

    url: str
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

    @property
    def living(self) -> list[Server]:
        """Those that run."""
        return [server for server in self.servers if server.process.poll() is None]

    def evaluator(self) -> Server | None:
        """The living process that evaluates; None while none does."""
        query = select(leases.c.holder).where(leases.c.holder != "")
        name = self.database.read(lambda connection: connection.scalar(query))
        return next((one for one in self.living if name and str(one.process.pid) == name.split()[1]), None)


@contextmanager
def opened(postgres: postgres.Postgres, folder: Path) -> Iterator[House]:
    """All of it runs; whoever stops a part starts it again.

    Raises:
        redis_server.Unobtainable: see there.
    """
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        redis = stack.enter_context(redis_server.started())
        redis.start()
        database = stack.enter_context(closing(Database(url)))
        accounts = Accounts(SqlAccountStore(database), CLOCK)
        _, token = accounts.tokens.create("ops", "operate")
        ops = stack.enter_context(receiver())
        environment = {
            **variables(folder),
            "DATABASE_URL": url,
            "MESSAGE_QUEUE_URL": redis.url,
            "NOTIFY_ALLOW_PRIVATE": "true",
            "ALERT_WEBHOOK_URL": ops.url,
        }
        servers = [Server(environment, folder / f"{number}.log") for number in range(PROCESSES)]
        for server in servers:
            server.start()
            stack.callback(server.kill)
        yield House(url, servers, redis, ops, accounts, database, token)
