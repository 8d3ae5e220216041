"""``flask db`` and ``flask doctor``, as an operator types them."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from app.cli import create_cli
from app.storage.sql import programs
from config import Settings
from tests.certificates import authority

Run = Callable[..., Result]


@pytest.fixture
def flask(settings: Settings) -> Run:
    """Runs ``flask WORDS…`` over the settings, some of them changed."""

    def run(*words: str, **changed: Any) -> Result:
        return CliRunner().invoke(create_cli(replace(settings, **changed)).cli, words)

    return run


def test_upgrade_makes_the_database(flask: Run, tmp_path: Path):
    """From nothing to the schema of the code, told in a line, and `check` agrees; who asks for more hears each step."""
    before = flask("db", "check")
    upgraded = flask("db", "upgrade")
    after = flask("db", "check")
    again = flask("db", "upgrade")
    other = {"database_url": f"sqlite:///{tmp_path / 'other.db'}", "log_level": "DEBUG"}

    assert (before.exit_code, upgraded.exit_code, after.exit_code) == (1, 0, 0)
    assert "flask --app wsgi db upgrade" in before.stderr
    assert re.fullmatch(r"Database made ready, (\d\d) steps: it is at migration 00\1\.\n", upgraded.stdout)
    assert re.fullmatch(r"The database is at migration \d+\.\n", again.stdout)
    assert "Migration: Create meta" in flask("db", "upgrade", **other).stdout


def test_errors_are_one_line_on_stderr(flask: Run):
    """No traceback meets an operator whose database is gone."""
    failed = flask("db", "upgrade", database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")

    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("Error: The database can't be used now (storage_down)")
    assert failed.stderr.count("\n") == 1


def test_a_wrong_word_is_a_wrong_usage(flask: Run):
    """Exit code 2, as every command line tool has it."""
    assert flask("db", "upgrad").exit_code == 2


def test_doctor_is_content_with_a_migrated_database(flask: Run, sqlite_url: str):
    """Every setting is listed, no secret is, and the exit code is 0."""
    told = flask("doctor")

    assert told.exit_code == 0, told.output
    assert "SECRET_KEY=(set)" in told.stdout
    assert "of the tests" not in told.stdout
    assert "ok    database: reached, at migration" in told.stdout


def test_doctor_fails_on_an_empty_database(flask: Run):
    """What stands in the way of serving is `bad`, and the exit code is 1."""
    told = flask("doctor")

    assert told.exit_code == 1
    assert "bad   database: The database is empty" in told.stdout


def test_doctor_warns_of_more_processes(flask: Run, sqlite_url: str):
    """WEB_CONCURRENCY, set by some platforms from the machine's size, would split the sockets: say so."""
    assert "note  WEB_CONCURRENCY" in flask("doctor", web_concurrency=2).stdout
    assert "WEB_CONCURRENCY above" not in flask("doctor").stdout


def test_doctor_looks_at_the_certificate(flask: Run, sqlite_url: str, tmp_path: Path):
    """What can't be served is `bad`; what should be renewed, and a key that others may use, is a note."""

    def told(certificate: Path, key: Path, host: str = "long.example") -> str:
        given = {"tls_cert_file": certificate, "tls_key_file": key, "public_url": f"https://{host}:8443"}
        return flask("doctor", **given).stdout

    signed = authority(tmp_path)
    certificate, key = signed.pair("long.example", days=60)
    assert "ok    tls: the certificate ends in 60 days" in told(certificate, key)
    assert "is not for" not in told(certificate, key)
    for name, host, covered in (
        ("long.example", "Long.Example", True),
        ("long.example", "www.long.example", False),
        ("*.wild.example", "a.wild.example", True),
        ("*.wild.example", "a.b.wild.example", False),
        ("*.wild.example", "wild.example", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "[::1]", False),
    ):
        warning = f"note  tls: the certificate is not for {host.lower().strip('[]')}"
        assert (warning in told(*signed.pair(name), host)) is not covered, (name, host)
    assert "note  tls: the certificate ends in 1 days" in told(*signed.pair("short.example"))
    assert "bad   tls: the certificate is out of date" in told(*signed.pair("old.example", days=-1))
    assert "bad   tls: TLS_KEY_FILE: " in told(certificate, certificate)
    key.chmod(0o644)
    assert "note  tls: anybody on this machine may use" in told(certificate, key)
    assert "note  tls: none" in flask("doctor", host="0.0.0.0").stdout
    assert "tls: " not in flask("doctor").stdout


def test_doctor_tells_whether_backups_can_be_made(
    flask: Run, sqlite_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without Postgres' programs they can't be, which is found before the first night without one."""
    assert "note  backups: none are made by themselves" in flask("doctor").stdout
    assert "ok    backups: each 24 h into" in flask("doctor", backup_enabled=True).stdout

    monkeypatch.setattr(programs, "_SYSTEM", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = flask("doctor", backup_enabled=True, database_url=postgres_url, storage_url=postgres_url)

    assert told.exit_code == 1
    assert "bad   backups: This needs pg_dump" in told.stdout


def test_doctor_tells_of_the_redis_that_keeps_the_events(flask: Run, sqlite_url: str, redis_url: str):
    """Its version, and what of its setting may cost events; one that does not answer stands in the way."""
    with Redis.from_url(redis_url) as operator:
        operator.config_set("maxmemory-policy", "allkeys-lru")
        told = flask("doctor", storage_url=redis_url)
        operator.config_set("maxmemory-policy", "noeviction")

    assert told.exit_code == 0, told.output
    assert "ok    store: reached, Redis" in told.stdout
    assert "note  store: What was stored last may be lost" in told.stdout
    assert "maxmemory-policy is allkeys-lru" in told.stdout
    away = flask("doctor", storage_url="redis://:secret@127.0.0.1:1/0")
    assert away.exit_code == 1
    assert "bad   store: STORAGE_URL: Redis does not answer" in away.stdout
    assert "secret" not in away.stdout


def test_doctor_tells_of_the_mongodb_that_keeps_the_events(flask: Run, sqlite_url: str, mongodb_url: str):
    """That it answers, and what it is."""
    told = flask("doctor", storage_url=mongodb_url)

    assert told.exit_code == 0, told.output
    assert "ok    store: reached, MongoDB" in told.stdout


def test_making_the_commands_touches_nothing(settings: Settings, tmp_path: Path):
    """Loading the CLI has no side effect."""
    commands = create_cli(settings).cli.commands

    assert set(commands) >= {"user", "token", "db", "doctor"}
    assert list(tmp_path.iterdir()) == []
