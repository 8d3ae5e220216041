"""A process with a ticker beside slow queries: ``/slow`` runs one, ``/worst`` tells how late the ticker ever was (ms).

Run as ``python -m tests.runtime.ticking MODE PORT DATABASE_URL``; the mode must be chosen before anything is imported.
"""

import sys

from app.runtime import open_runtime

RUNTIME = open_runtime(sys.argv[1])

from sqlalchemy import text  # noqa: E402

from app.core.clock import CLOCK  # noqa: E402
from app.runtime.base import Served  # noqa: E402
from app.runtime.listen import open_listener  # noqa: E402
from app.storage.sql.database import Database  # noqa: E402

TICK_MS = 20
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3e6) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(0.7)",
}


class Ticker:
    """Remembers the longest time between two ticks."""

    def __init__(self):
        self.last_ms = 0
        self.worst_ms = 0
        self.slowest_ms = 0

    def tick(self):
        now_ms = CLOCK.monotonic_ms()
        if self.last_ms:
            self.worst_ms = max(self.worst_ms, now_ms - self.last_ms - TICK_MS)
        self.last_ms = now_ms


def opening():
    database = Database(sys.argv[3])
    query = text(SLOW[database.url.get_backend_name()])
    ticker = Ticker()
    RUNTIME.every(TICK_MS, ticker.tick)

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            began_ms = CLOCK.monotonic_ms()
            RUNTIME.call(database.read, lambda connection: connection.execute(query).scalar())
            ticker.slowest_ms = max(ticker.slowest_ms, CLOCK.monotonic_ms() - began_ms)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{ticker.worst_ms} {ticker.slowest_ms}".encode()]

    return Served(app, database.close)


with open_listener("127.0.0.1", int(sys.argv[2])) as listener:
    RUNTIME.serve(listener, opening, connections=10)
