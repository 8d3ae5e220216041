"""One database, SQLite or Postgres: many readers, one writer.

In the web process every write runs on the writer thread (`attach`), which is also the only connection that
checkpoints SQLite's log. A CLI command is a second process: it writes on its own connection, waits its turn for
the lock, and never checkpoints (SQLite before 3.51.3 can lose data when two connections do).

Call from real threads only, never from the event loop.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from app.core.errors import Unavailable
from app.core.way import RightOfWay

T = TypeVar("T")
Work = Callable[[Connection], T]
BUSY_TIMEOUT_MS = 30_000
STANDSTILL_MS = 15_000
"""How long a process that stands still within a transaction may keep the others from writing."""
READ_MS = 15_000
"""How long Postgres may work on one statement of a page: whoever asked has given up, and others want the connection."""
PREPARED = 500
"""Statements that Postgres keeps of each connection: as many as SQLAlchemy does; pages ask some 300 different ones."""
IDLE_MS = 60_000
"""How long a process that stands still while it reads may keep old rows and partitions from going."""

_TOO_LONG = {"57014", "55P03"}
"""Postgres' names of a statement that was cancelled, and of a lock that could not be had in time."""
_TURN = 7_261_735_927_002


class Database:
    """Engines for reading and writing at one address.

    Args:
        url: an SQLAlchemy address; Postgres by psycopg 3.
        readers: how many reads may run at once.
        checkpoints: whether this process is the one that checkpoints SQLite's log.
        way: what is given to readers by writes that are said to: between their statements on SQLite; on Postgres, where
            other processes would wait for what a transaction holds, before it begins.
        shared: whether other processes write, too; then they take turns as the writes of one do, on Postgres.
    """

    def __init__(
        self,
        url: str,
        *,
        readers: int = 8,
        checkpoints: bool = False,
        way: RightOfWay | None = None,
        shared: bool = False,
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # A deferred transaction that reads first fails at once when it comes to write; an immediate one waits.
            self._writer = _sqlite_engine(url, size=1, begin="BEGIN IMMEDIATE", setup=_sqlite_writer(checkpoints))
            self._reader = _sqlite_engine(url, size=readers, begin="BEGIN", setup=_sqlite_reader)
        else:
            self._writer = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)
            # All that a reader asks is of one moment, as on SQLite: a body that is packed meanwhile is where it was.
            moment = "REPEATABLE READ"
            self._reader = create_engine(
                url,
                pool_size=readers,
                max_overflow=0,
                pool_pre_ping=True,
                pool_use_lifo=True,  # the one that was used last has most statements prepared
                isolation_level=moment,
            )
            _on_connect(self._reader, statement_timeout=READ_MS, idle_in_transaction_session_timeout=IDLE_MS)
        self._way = way
        if way is not None:
            event.listen(self._writer, "before_cursor_execute" if self.is_sqlite else "begin", self._give)
        if shared:
            _take_turns(self._writer)
        self._submit: Callable[[Callable[[], Any]], Future[Any]] | None = None
        self._writing = threading.local()
        self._reading = threading.local()
        self._takes_time = False

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def take_time(self) -> None:
        """From now on all reads are `long`: this process is a command that must come to its end."""
        self._takes_time = True

    def attach(self, submit: Callable[[Callable[[], Any]], Future[Any]]) -> None:
        """From now on run every write through `submit`, the writer thread's door."""
        self._submit = submit

    def read(self, work: Work[T], *, long: bool = False) -> T:
        """Run `work(connection)` on a reading connection and return its result; within `together` on that one's.

        `long` is what nobody waits for.

        Raises:
            Unavailable: the server is gone, or it was not done in time.
        """
        held: Connection | None = getattr(self._writing, "joined", None) or getattr(self._reading, "snapshot", None)
        with translated(), nullcontext(held) if held is not None else self._reader.connect() as connection:
            if (long or self._takes_time) and held is None:
                self._take_time(connection)
            return work(connection)

    def write(self, work: Work[T], *, gives: bool = False) -> T:
        """Run `work(connection)` in one transaction, on the writer thread if there is one; wait for the commit.

        `gives` is whether it lets readers go first.

        Raises:
            Unavailable: the disk is full, the lock could not be had, or the server is gone; nothing was changed.
        """
        joined: Connection | None = getattr(self._writing, "joined", None)
        if joined is not None:
            with joined.begin_nested():  # so that one who expects a conflict can go on after it
                return work(joined)
        if self._submit is None or getattr(self._writing, "now", False):
            return self._write_here(work, gives=gives)
        future: Future[T] = self._submit(lambda: self._write_here(work, gives=gives))
        if self._way is None or future.done():  # the writer's own are run at once
            return future.result()
        with self._way.pressed():
            return future.result()

    def together(self, work: Callable[[], T]) -> T:
        """Run `work()` so that all it reads and writes here is one transaction: all of it holds, or nothing does.

        It is run on the writer thread, so it must be short and may wait for nothing else. Within another it joins it.

        Raises:
            Unavailable: as `write`; and whatever `work` does. Nothing was changed.
        """
        if getattr(self._writing, "joined", None) is not None:
            return work()
        after: list[Callable[[], object]] = []

        def joined(connection: Connection) -> T:
            self._writing.joined, self._writing.after = connection, after
            try:
                return work()
            finally:
                self._writing.joined = self._writing.after = None

        result = self.write(joined)
        for ring in after:
            ring()
        return result

    def afterwards(self, ring: Callable[[], object]) -> None:
        """Call `ring` once what is written now is committed: at once, unless it is part of a `together`."""
        after: list[Callable[[], object]] | None = getattr(self._writing, "after", None)
        if after is None:
            ring()
        else:
            after.append(ring)

    def _write_here(self, work: Work[T], *, gives: bool) -> T:
        self._writing.now, self._writing.gives = True, gives
        try:
            with translated(), self._writer.begin() as connection:
                return work(connection)
        finally:
            self._writing.now = self._writing.gives = False

    def _take_time(self, connection: Connection) -> None:
        if not self.is_sqlite:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {limit} = 0")

    def _give(self, *_: object) -> None:
        if self._way is not None and self._writing.gives:
            self._way.give()

    @contextmanager
    def snapshot(self, *, long: bool = False) -> Iterator[None]:
        """For the time of the block all that this thread reads is of one moment, and over one connection.

        A query that fails takes those after it along, so it is for what is shown as a whole or not at all. `long` is
        what nobody waits for.

        Raises:
            Unavailable: the server is gone.
        """
        with translated(), self._reader.connect() as connection:
            if long:
                self._take_time(connection)
            self._reading.snapshot = connection
            try:
                yield
            finally:
                self._reading.snapshot = None

    def close(self) -> None:
        """Give all connections back."""
        self._reader.dispose()
        self._writer.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the drivers' operational errors into `Unavailable`, so that callers know one word for each."""
    try:
        yield
    except exc.TimeoutError as error:  # the pool's: every connection is taken
        raise Unavailable("busy") from error
    except exc.InterfaceError as error:
        if isinstance(error.orig, sqlite3.Error):  # a wrong call: a fault of ours, which must stay loud
            raise
        raise Unavailable("storage_down", 2_000) from error
    except exc.OperationalError as error:
        reason = getattr(error.orig, "sqlite_errorcode", None)
        if reason == sqlite3.SQLITE_ERROR:  # wrong SQL: a fault of ours, which must stay loud
            raise
        state = getattr(error.orig, "sqlstate", None)
        if reason == sqlite3.SQLITE_FULL or state == "53100":
            raise Unavailable("storage_full", 5_000) from error
        if reason in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or state in _TOO_LONG:
            raise Unavailable("busy") from error
        raise Unavailable("storage_down", 2_000) from error


def _take_turns(writer: Engine) -> None:
    """One transaction at a time, whichever process it is of: what a process may take for granted goes on to hold.

    Cursors become visible in the order of their commits in any case; see `app.storage.sql.append`.
    """
    _on_connect(writer, idle_in_transaction_session_timeout=STANDSTILL_MS)

    @event.listens_for(writer, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")


def _on_connect(engine: Engine, **limits: int) -> None:
    """Set these limits of Postgres', in ms, for the sessions of an engine, and let them keep what is asked often."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:  # noqa: ARG001  (the hook's signature)
        connection.prepared_max = PREPARED
        for name, limit in limits.items():
            connection.execute(f"SET SESSION {name} = {limit}")
        connection.commit()


def _sqlite_engine(url: str, *, size: int, begin: str, setup: Callable[[Any], None]) -> Engine:
    arguments = {"check_same_thread": False}
    # Last in, first out: the connection that was used last has the pages of a chart that is looked at again.
    engine = create_engine(url, pool_size=size, max_overflow=0, pool_use_lifo=True, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:  # noqa: ARG001  (the hook's signature)
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        setup(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _sqlite_writer(checkpoints: bool) -> Callable[[Any], None]:  # noqa: FBT001  (a factory with one switch)
    def setup(connection: Any) -> None:
        # Of a file that has nothing in it yet: space that is free can go back to the disk bit by bit.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute(f"PRAGMA wal_autocheckpoint = {4000 if checkpoints else 0}")

    return setup


def _sqlite_reader(connection: Any) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -16384")  # KiB, as many as a chart of a day of 200 series reads


def sqlite_note() -> str | None:
    """What an operator should know about this Python's SQLite, if anything."""
    if sqlite3.sqlite_version_info >= (3, 51, 3):
        return None
    return (
        f"SQLite {sqlite3.sqlite_version}: before 3.51.3 two connections that checkpoint can lose data; "
        "the server alone does, so let no other program write to its file"
    )
