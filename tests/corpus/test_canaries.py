"""Secrets that scrapers, people and settings hold are found nowhere afterwards, on a real server over each database."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import zstandard
from click.testing import CliRunner
from psycopg import sql

import config
from app.cli import create_cli
from tests.corpus.asker import Asker
from tests.corpus.canaries import GIVEN, MARKER, SETTINGS, events
from tests.corpus.cases import Marks
from tests.e2e.everywhere import PAGES
from tests.postgres import client_programs
from tests.server import Server, running, variables
from tests.sockets import connected

MADE = {"secret_key": "SECRET_KEY", "encryption_key": "ENCRYPTION_KEYS", "webhook_secret": "ALERT_WEBHOOK_SECRET"}
"""Files of secrets that a server has made, by the setting that would have given them."""
EXPORTS = ("events", "jobs", "alerts", "audit")
CHANNELS = (
    (
        "hook",
        "webhook",
        {"webhook": "http://me:cnrybirdchan1@127.0.0.1:9/x?token=cnrybirdchan2", "secret": "cnrybirdchan3"},
    ),
    ("chat", "slack", {"webhook": "http://127.0.0.1:9/services/T0/B0/cnrybirdchan4"}),
    ("mail", "email", {"smtp": "smtp://me:cnrybirdchan5@127.0.0.1:9", "from": "a@b.c", "recipients": ["d@e.f"]}),
)
BATCH = 50


class Planted:
    """A server in which secrets were planted, and where to look for them."""

    def __init__(self, server: Server, given: dict[str, str], database: str, folder: Path) -> None:
        self.server, self.given, self.database, self.folder = server, given, database, folder
        self.asker = Asker(server, given)
        made = {setting: (folder / file).read_text() for file, setting in MADE.items() if setting not in given}
        self.words = {"cnrybird", *made.values()}
        own = {**{name: text for name, text in given.items() if "cnrybird" in text}, **made}
        own["database"] = urlsplit(given["DATABASE_URL"]).password or "none of its own"
        self.own = {name: text.split(",")[0] if name == "ENCRYPTION_KEYS" else text for name, text in own.items()}

    def plant(self) -> None:
        """By scrapers, over both ways in; by people; and by strangers, whom the log may tell of."""
        texts = [Marks("canary").fill(text) for text in events(self.own)]
        token = f"Bearer {self.given['INGEST_TOKEN']}"
        with connected(self.server, "", auth=None, headers={"Authorization": token}) as scraper:
            for start in range(0, len(texts), BATCH):
                answer = scraper.call("events", json.loads(f"[{','.join(texts[start : start + BATCH])}]"))
                assert answer["rejected"] == []
        for text in texts[:: len(texts) // BATCH]:
            status, _, told = self.asker.ask({"ask": "POST /api/v1/events", "text": text, "as": "scraper"}, "")
            assert (status, "cnrybird" in told.decode()) == (200, False)
        for name, type_, settings in CHANNELS:
            made = {"ask": "POST /api/v1/channels", "json": {"name": name, "type": type_, "config": settings}}
            number = json.loads(self.asker.ask({**made, "as": "admin"}, "")[2])["id"]
            assert self.asker.ask({"ask": f"POST /api/v1/channels/{number}/test", "as": "admin"}, "")[0] == 200
        for stranger in (
            {"ask": "GET /api/v1/jobs?token=cnrybirdstranger", "as": "nobody"},
            {"ask": "GET /nowhere/cnrybirdstranger?password=cnrybirdstranger", "as": "nobody"},
            {"ask": "GET /api/v1/jobs", "headers": {"Authorization": "Bearer cnrybirdstranger"}, "as": "nobody"},
            {"ask": "GET /api/v1/jobs", "basic": ["admin", "cnrybirdstranger"], "as": "nobody"},
            {"ask": "POST /login", "form": {"username": "admin", "password": "cnrybirdstranger"}, "as": "visitor"},
        ):
            assert self.asker.ask(stranger, "")[0] in {302, 401, 404}
        logged = quote(
            f"{MARKER} password=cnrybirdstranger {' '.join(self.own.values())}"
        )  # a session that is none is told
        stranger = {"ask": f"GET /socket.io/?EIO=4&transport=polling&sid={logged}", "as": "nobody"}
        assert self.asker.ask(stranger, "")[0] == 400

    def found(self) -> Iterator[str]:
        """Where a secret is; fails where not even what stands beside them is."""
        for place, octets, is_shown in self._places():
            folded = octets.lower()
            if is_shown:
                assert MARKER.encode() in folded or MARKER.encode().hex().encode() in folded, place
            forms = [form for word in self.words for form in (word.lower().encode(), word.encode().hex().encode())]
            for found in re.finditer(b"|".join(map(re.escape, forms)), folded):
                yield f"{place}: {folded[max(0, found.start() - 60) : found.end() + 20]!r}"

    def _places(self) -> Iterator[tuple[str, bytes, bool]]:
        yield "log", self.server.log.read_bytes(), True
        yield from self._database()
        yield "backup", self._backup(), True
        for name in EXPORTS:
            for kind in ("csv", "jsonl"):
                yield f"{name}.{kind}", self.asker.file(f"/export/{name}.{kind}").encode(), name in {"events", "jobs"}
        yield "log.txt", self.asker.file("/export/log.txt?job=canary").encode(), True
        yield from self._pages()

    def _pages(self) -> Iterator[tuple[str, bytes, bool]]:
        """What the API and the pages show."""
        document = json.loads(self.asker.file("/api/v1/openapi.json"))["paths"]
        asked = [path for path, how in document.items() if "get" in how and "{" not in path]
        asked += [*(path for paths in PAGES.values() for path in paths if path != "/login"), "/jobs/canary"]
        asked += [f"/jobs/canary?tab={tab}" for tab in ("log", "items", "errors", "config")]
        for path in asked:
            status, headers, body = self.asker.ask({"ask": f"GET {path}", "as": "person"}, "")
            assert status < 500, path
            yield path, body + str(headers).encode(), path in {"/events", "/api/v1/events", "/jobs/canary"}

    def _database(self) -> Iterator[tuple[str, bytes, bool]]:
        if self.database == "sqlite":
            files = sorted(self.folder.glob("scrapewatch.db*"))
            assert any(file.suffix == ".db-wal" for file in files)
            yield "database", b"".join(file.read_bytes() for file in files), True
            return
        with psycopg.connect(self.given["DATABASE_URL"].replace("+psycopg", "")) as line:
            tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog')"
            whole = b""
            for schema, table in line.execute(tables).fetchall():
                rows = sql.SQL("COPY (SELECT t::text FROM {} t) TO STDOUT").format(sql.Identifier(schema, table))
                with line.cursor().copy(rows) as copy:
                    whole += b"".join(bytes(part) for part in copy)
            yield "database", whole, True

    def _backup(self) -> bytes:
        file = self.folder / "own.zip"
        settings = config.load({**self.given, "DATA_DIR": str(self.folder)})
        made = CliRunner().invoke(create_cli(settings).cli, ["backup", str(file)])
        assert made.exit_code == 0, made.output
        with zipfile.ZipFile(file) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        packed = zstandard.ZstdDecompressor()
        return b"".join(
            packed.decompressobj().decompress(octets) if name.endswith(".zst") else octets
            for name, octets in held.items()
        )


@pytest.fixture(params=["sqlite", "postgres"])
def planted(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Planted]:
    """Over SQLite it has made its own secrets; over Postgres all are given, the password of the database among them."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'scrapewatch.db')}"
        else:
            client_programs(monkeypatch)
            postgres = request.getfixturevalue("postgres_server")
            url = stack.enter_context(postgres.database())
            url = url.replace("@", ":cnrybirddatabase@", 1) if "@" in url else url
        given = {**variables(tmp_path), **GIVEN, **SETTINGS, "DATABASE_URL": url, "NOTIFY_ALLOW_PRIVATE": "true"}
        given["LOG_LEVEL"] = "DEBUG"
        if request.param == "sqlite":
            given = {name: text for name, text in given.items() if name not in GIVEN}
        server = stack.enter_context(running(given, tmp_path / "server.log"))
        yield Planted(server, given, request.param, tmp_path)


@pytest.mark.statement(7, 44, 45)
def test_no_secret_is_found_anywhere(planted: Planted):
    """Neither in a table, the log, a backup, an export nor on a page; what stood beside them is there."""
    planted.plant()

    found = list(planted.found())
    assert found == [], "\n".join(found)
