"""What one event and one viewer cost: CPU of the server and of its database, memory, and bytes on the disk.

Figures are CPU seconds rather than time by the clock, so that they say how many cores a load needs: docs/scaling.md
puts them together. All stores get the very same bytes; beside what the server spends stands what the database does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import psutil
from redis import Redis

from app.core.clock import CLOCK
from app.storage.packing import pack
from app.storage.sql import migrate
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from bench.figures import Figure
from bench.filled import empty
from bench.filling import fill
from bench.load import BATCH, Clients, batches
from bench.samples import job_name
from bench.target import READ_TOKEN, cpu_of, cpu_s, resident_mb, started
from bench.viewers import Crowd, Task
from bench.watch import Load, watch
from tests import redis_server
from tests.server import Server

Serve = Callable[..., Server]
"""Makes a server by a name, with variables; not started yet."""
CLIENTS: Final = 2
BATCHES: Final = 40
SETTLE_S: Final = 0.5
FILLED: Final = 100_000
WATCHED: Final = Load(events=1_000, per_s=100, viewers=200, processes=1)
IDLE: Final = 500
LISTENED_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Engine:
    """A database, and the CPU seconds that it has spent so far."""

    variables: dict[str, str]
    cpu_s: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything is measured."""

    batches: int = BATCHES
    filled: int = FILLED
    watched: Load = WATCHED
    idle: int = IDLE


def measure(serve: Serve, folder: Path, rounds: int, sizes: Sizes = Sizes()) -> list[Figure]:
    """All of them.

    Raises:
        RuntimeError: a database can't be had, or something was not accepted or not seen.
    """
    figures: list[Figure] = []
    for kind in DATABASES:
        print(f"  events into {kind}", flush=True)
        with DATABASES[kind](folder / kind) as database:
            figures += _ingest(serve, kind, database, rounds, sizes)
    for store in ("sqlite", "postgres"):
        print(f"  bytes in {store}", flush=True)
        figures += _bytes(store, folder / f"bytes-{store}", sizes.filled)
    print("  viewers", flush=True)
    figures += _viewers(serve("viewers"), rounds, sizes)
    print("  a second process", flush=True)
    return figures + _listening(serve, folder / "several", rounds, sizes)


def _ingest(serve: Serve, kind: str, database: Engine, rounds: int, sizes: Sizes) -> list[Figure]:
    rates, ours, theirs = [], [], []
    with started(server := serve(f"ingest-{kind}", **database.variables)):
        for number in range(rounds + 1):
            before = cpu_s(server), database.cpu_s()
            count = _send(server, sizes.batches)
            spent, spent_there = cpu_s(server) - before[0], database.cpu_s() - before[1]
            if number:  # the first warms up
                rates.append(count / spent)
                ours.append(spent / count * 1e6)
                theirs.append(spent_there / count * 1e6)
    figures = [
        Figure(f"{kind}: events taken by a core of the server", "events/s", rates),
        Figure(f"{kind}: server's CPU", "µs an event", ours),
    ]
    return figures if kind == "sqlite" else [*figures, Figure(f"{kind}: database's own CPU", "µs an event", theirs)]


def _send(server: Server, count: int) -> int:
    """Send so many batches from each client, and let the server come to rest; how many events that were."""
    now_ms = CLOCK.now_ms()
    shares = [batches(job_name(f"units-{number}"), count, now_ms) for number in range(CLIENTS)]
    clients = Clients(server.address, len(shares))
    clients.send(shares)
    time.sleep(SETTLE_S)
    clients.close()
    return CLIENTS * count * BATCH


def _bytes(store: str, folder: Path, size: int) -> list[Figure]:
    """What a mixed past takes, with all its indexes, and what is left of it when finished jobs are packed."""
    folder.mkdir(parents=True)
    with empty(store, folder) as url:
        migrate.upgrade(url)
        nothing = _size(url)
        turns = fill(url, size)
        plain = _size(url) - nothing
        database = Database(url, checkpoints=True)
        stores = open_stores(url, database, CLOCK)
        if stores.packing is None:
            raise RuntimeError(f"{store} packs nothing")
        pack(stores.packing, CLOCK.now_ms() + 1)
        packed = stores.packing.packed()
        database.close()
        whole = _size(url, compact=True) - nothing
    return [
        Figure(f"{store}: events of one writer, 2,000 a commit, no wait for the disk", "events/s", turns),
        Figure(f"{store}: an event, with its part of all indexes, series and groups", "bytes", [plain / size]),
        Figure(f"{store}: the same, finished jobs packed and space given back", "bytes", [whole / size]),
        Figure(f"{store}: packed bodies are smaller by", "×", [packed.ratio or 0.0]),
        Figure(f"{store}: packing", "µs of CPU an event", [packed.cost_ms or 0.0]),
    ]


def _size(url: str, *, compact: bool = False) -> int:
    """Bytes that the database takes."""
    database = Database(url, checkpoints=True)
    connection = database.engine.raw_connection()
    driver: Any = connection.driver_connection
    if database.is_sqlite:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if compact:
            driver.execute("VACUUM")
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        found = int(pages) * int(driver.execute("PRAGMA page_size").fetchone()[0])
    else:
        driver.autocommit = True
        driver.execute("VACUUM FULL" if compact else "VACUUM")
        found = int(driver.execute("SELECT pg_database_size(current_database())").fetchone()[0])
        driver.autocommit = False
    connection.close()
    database.close()
    return found


def _viewers(server: Server, rounds: int, sizes: Sizes) -> list[Figure]:
    load = sizes.watched
    per_event, memory = [], []
    with started(server):
        for _ in range(rounds):
            seen = watch(server, load)
            alone = watch(server, Load(load.events, load.per_s, 1, 1))
            per_event.append(1_000 * (seen.cores - alone.cores) / (load.viewers - 1))
            memory.append(_idle_kb(server, sizes.idle))
    return [
        Figure(f"a viewer of {load.per_s} events/s: server's CPU", "thousandths of a core", per_event),
        Figure("an idle viewer: server's memory", "KB", memory),
    ]


def _idle_kb(server: Server, count: int) -> float:
    before = resident_mb(server)
    crowd = Crowd(Task(server.address, READ_TOKEN, job_name("idle"), count, 1))
    held = resident_mb(server) - before
    crowd.close()
    return 1_000 * held / count


def _listening(serve: Serve, folder: Path, rounds: int, sizes: Sizes) -> list[Figure]:
    """What a process spends on hearing of what another has committed, and while nothing happens."""
    with ExitStack() as stack:
        database = stack.enter_context(_several(folder))
        first, second = (serve(f"several-{name}", **database.variables) for name in ("first", "second"))
        for server in (first, second):
            stack.enter_context(started(server))
        shares, idle, there = [], [], []
        for number in range(rounds + 1):
            before = cpu_s(second)
            count = _send(first, sizes.batches)
            heard = cpu_s(second) - before
            rest = cpu_s(second), database.cpu_s()
            time.sleep(LISTENED_S)
            if number:
                shares.append(heard / count * 1e6)
                idle.append((cpu_s(second) - rest[0]) / LISTENED_S * 1e3)
                there.append((database.cpu_s() - rest[1]) / LISTENED_S * 1e3)
    return [
        Figure("each further process: CPU of hearing", "µs an event", shares),
        Figure("each process that does nothing: CPU", "thousandths of a core", idle),
        Figure("two processes that do nothing: CPU of Postgres", "thousandths of a core", there),
    ]


@contextmanager
def _sqlite(folder: Path) -> Iterator[Engine]:
    folder.mkdir(parents=True)
    with empty("sqlite", folder) as url:
        yield Engine({"DATABASE_URL": url}, lambda: 0.0)


@contextmanager
def _memory(folder: Path) -> Iterator[Engine]:
    with _sqlite(folder) as database:
        yield Engine({**database.variables, "STORAGE_URL": "memory://"}, lambda: 0.0)


@contextmanager
def _postgres(folder: Path) -> Iterator[Engine]:
    folder.mkdir(parents=True)
    with empty("postgres", folder) as url:
        postmaster = int((folder / "data/postmaster.pid").read_text().split()[0])
        yield Engine({"DATABASE_URL": url}, lambda: cpu_of(psutil.Process(postmaster)))


@contextmanager
def _redis(folder: Path) -> Iterator[Engine]:
    with _sqlite(folder) as database, _rung(appendonly="yes", appendfsync="always") as (url, spent):
        yield Engine({**database.variables, "STORAGE_URL": url}, spent)


@contextmanager
def _several(folder: Path) -> Iterator[Engine]:
    with _postgres(folder) as database, _rung() as (url, _):
        shared = {"SECRET_KEY": token_hex(32), "ENCRYPTION_KEYS": token_hex(32), "MESSAGE_QUEUE_URL": url}
        yield Engine({**database.variables, **shared}, database.cpu_s)


@contextmanager
def _rung(**settings: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """The address of a Redis, and the CPU seconds that it has spent."""
    try:
        with redis_server.started() as server, Redis.from_url(server.url) as client:
            server.start(**settings)

            def spent() -> float:
                told = client.info("cpu")
                return float(told["used_cpu_user"] + told["used_cpu_sys"])

            yield server.url, spent
    except redis_server.Unobtainable as reason:
        raise RuntimeError(f"Redis: {reason}") from reason


DATABASES: Final = {"sqlite": _sqlite, "postgres": _postgres, "redis": _redis, "memory": _memory}
"""The stores whose events are measured; MongoDB only has a stand-in here."""
