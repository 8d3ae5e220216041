"""Postgres fails under the server: scrapers are told to wait, and it goes on by itself when the database does."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest

from app.storage.sql import migrate
from tests import postgres
from tests.faults.rig import RESTARTED_S, Rig
from tests.server import BUSY_S, ROOT, Server, path, procfile
from tests.sockets import scraped

NAME = "faults"
CONNECTIONS = 20
READERS = 12  # more than the server has connections for
NO_ANSWER = 0
BLOCKED_S = 2
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)) LIMIT 1"
READ_ONLY = "ALTER DATABASE faults SET default_transaction_read_only = {}"


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """A Postgres of these tests' own, which they may stop."""
    try:
        with postgres.cluster() as made:
            yield made
    except postgres.Unobtainable as reason:
        pytest.skip(f"Postgres: {reason}")


@pytest.fixture
def database(cluster: postgres.Cluster) -> str:
    """The address of an empty database on the running cluster, in the form of the driver's own."""
    cluster.stop()
    cluster.start(f"max_connections={CONNECTIONS}", "deadlock_timeout=100ms")
    execute(cluster.url, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    execute(cluster.url, f"CREATE DATABASE {NAME}")
    return urlsplit(cluster.url)._replace(path=f"/{NAME}").geturl()


@pytest.fixture
def rig(environment: dict[str, str], database: str, tmp_path: Path, chance: Random) -> Iterator[Rig]:
    """Server and proxy, running, on Postgres."""
    url = urlsplit(database)._replace(scheme="postgresql+psycopg").geturl()
    migrate.upgrade(url)
    with Rig({**environment, "DATABASE_URL": url}, tmp_path, chance) as started:
        yield started


@contextmanager
def withheld(database: str, what: str) -> Iterator[None]:
    """For the time of the block nobody else has the events table, or a connection."""
    with ExitStack() as stack:
        if what == "lock":
            holder = stack.enter_context(psycopg.connect(database))
            holder.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            yield
            return
        execute(database, TERMINATE, NAME)
        with suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(psycopg.connect(database))
        yield


def read_status(rig: Rig) -> int:
    """The status of a page of events; `NO_ANSWER` where none came within ten seconds."""
    try:
        return rig.server.request("/api/v1/events", token=rig.environment["READ_TOKEN"])[0]
    except OSError:
        return NO_ANSWER


def posted(rig: Rig) -> tuple[int, dict[str, object]]:
    """Status and answer of one event by HTTP."""
    status, body = rig.server.request("/api/v1/events", body=scraped("by-http"), token=rig.environment["INGEST_TOKEN"])
    return status, json.loads(body)


def execute(url: str, statement: str, *arguments: object) -> None:
    """Run one statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode(), arguments)


@pytest.mark.timeout(240)
@pytest.mark.fault(
    "P-1",
    "Postgres crashes and is started again 20 s later",
    "lost 0, duplicates 0; first acknowledgement ≤ 5 s; pages right",
)
def test_a_crash_of_postgres_is_survived(rig: Rig, cluster: postgres.Cluster, long, measured):
    """The server stays, and takes events and shows pages as soon as it can."""
    rig.scrape("s", events=9_000 if long else 1_000, rate=300, jobs=2)
    rig.until(lambda: len(rig.proxy.acks) > 2)
    cluster.stop(signal.SIGQUIT)
    rig.pass_time(20 if long else 2)
    cluster.start()
    began = time.monotonic()
    rig.until(lambda: posted(rig)[0] == 200)
    first = time.monotonic() - began
    pages = {rig.server.request("/api/v1/jobs", token=rig.environment["READ_TOKEN"])[0] for _ in range(20)}
    verdict = rig.finish()

    measured(f"taken again after {first:.1f} s; {verdict}")
    assert pages == {200}
    assert first < RESTARTED_S + BUSY_S
    assert verdict.right, verdict


@pytest.mark.fault("P-2", "Postgres ends every connection of the server, again and again", "lost 0, duplicates 0")
def test_ended_connections_are_made_anew(rig: Rig, database: str, long, measured):
    """A connection that is gone in the midst of a transaction costs a try."""
    ended = 60 if long else 8
    rig.scrape("s", events=ended * 120, rate=400, jobs=2)
    for _ in range(ended):
        rig.pass_time(rig.chance.uniform(0.05, 0.5))
        execute(database, TERMINATE, NAME)
    verdict = rig.finish()

    measured(f"ended {ended} times; {verdict}")
    assert verdict.right, verdict


@pytest.mark.fault(
    "P-3", "the events table is locked; then there is no connection to be had", "lost 0; all answers after"
)
@pytest.mark.parametrize("shortage", [pytest.param("lock", marks=pytest.mark.long), "connections"])
def test_what_postgres_withholds_holds_up_nothing_for_good(rig: Rig, database: str, shortage: str, long, measured):
    """When the shortage is over, readers and writers have their connections."""
    shortage_s = 20 if long else 2
    rig.scrape("s", events=1_000, rate=400, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    with ThreadPoolExecutor(READERS) as readers, withheld(database, shortage):
        tried = [readers.submit(read_status, rig) for _ in range(READERS)]
        rig.pass_time(shortage_s)
    verdict = rig.finish()
    after = {read_status(rig) for _ in range(20)}

    measured(
        f"{shortage_s} s without, {READERS} reads meanwhile: {sorted({each.result() for each in tried})}; {verdict}"
    )
    assert after == {200}
    assert verdict.right, verdict


@pytest.mark.fault(
    "P-4", "Postgres becomes read-only, as after a failover", "`storage_down`, pages right; lost 0 afterwards"
)
def test_a_read_only_postgres_is_no_crash(rig: Rig, database: str, measured):
    """Events wait, pages show what there is, and the same process writes again when it may."""
    rig.scrape("s", events=1_000, rate=400, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    execute(database, READ_ONLY.format("on"))
    execute(database, TERMINATE, NAME)
    rig.until(lambda: posted(rig)[0] == 503)
    _, answer = posted(rig)
    page = read_status(rig)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(READ_ONLY.format("off").encode())
        connection.execute(TERMINATE.encode(), (NAME,))
    verdict = rig.finish()

    measured(f"`{answer['code']}`; {verdict}")
    assert answer["code"] == "storage_down"
    assert page == 200
    assert rig.server.process.poll() is None
    assert verdict.right, verdict


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault(
    "P-5",
    "another program's transactions deadlock with the server's, and change what it has read",
    "lost 0, duplicates 0",
)
def test_deadlocks_are_tried_again(rig: Rig, database: str, measured):
    """Whoever Postgres sacrifices: the events are stored, once."""
    execute(database, "ALTER DATABASE faults SET default_transaction_isolation = 'repeatable read'")
    execute(database, TERMINATE, NAME)
    scraper = rig.scrape("s", events=6_000, rate=400)
    rig.until(lambda: rig.proxy.acks)
    rounds = 0
    while scraper.process.poll() is None and rounds < 20:
        rival(database)
        rounds += 1
    verdict = rig.finish()
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", (NAME,)).fetchone()

    measured(f"{rounds} transactions in the way, {row and row[0]} deadlocks; {verdict}")
    assert verdict.right, verdict


def rival(database: str) -> None:
    """Lock what the server locks, in the other order; the one who waits longer is not the victim."""
    with psycopg.connect(database) as connection, suppress(psycopg.OperationalError):
        connection.execute("SET LOCAL deadlock_timeout = '10s'")
        connection.execute("UPDATE jobs SET worker = worker")
        await_blocked(database, connection.info.backend_pid)  # the server took its cursors, and waits for its job
        connection.execute("UPDATE meta SET value = value WHERE key = 'cursor'")


def await_blocked(database: str, holder: int) -> None:
    """Until somebody waits for a lock of the process `holder`, or it is plain that nobody will, since all is sent."""
    deadline = time.monotonic() + BLOCKED_S
    with psycopg.connect(database, autocommit=True) as connection:
        while time.monotonic() < deadline:
            if connection.execute(BLOCKED, (holder,)).fetchone():
                return
            time.sleep(0.005)


@pytest.mark.parametrize("kind", [pytest.param("sqlite", marks=pytest.mark.long), "postgres"])
@pytest.mark.fault("P-6", "a migration is killed half-way", "the next one completes; the server starts")
def test_a_killed_migration_is_completed(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    kind: str,
    tmp_path: Path,
    chance: Random,
    measured,
):
    """A schema is the old one or the new one, never a piece of it."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'fresh.db'}"
    else:
        url = urlsplit(request.getfixturevalue("database"))._replace(scheme="postgresql+psycopg").geturl()
    moments = sorted(chance.sample(range(1, 20), 3))
    for moment in moments:
        command = [sys.executable, "-m", "tests.faults.migrator", url, str(moment)]
        killed = subprocess.run(command, cwd=ROOT, env={"PATH": path()}, check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    given = {**environment, "DATABASE_URL": url, "HOST": "127.0.0.1", "PATH": path()}
    subprocess.run(procfile("release"), cwd=ROOT, env=given, check=True, capture_output=True)
    server = Server(given, tmp_path / "server.log", procfile("web"))
    server.start()
    status, _ = server.request("/readyz")
    code = server.stop()

    measured(f"{kind}: killed at statements {moments}")
    assert (status, code) == (200, 0)
