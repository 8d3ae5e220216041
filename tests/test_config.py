"""Settings: one table, read once, all mistakes told at once."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import config
from config import ConfigError, Settings

SECRET = "thirty-two bytes of something secret"
SEVERAL = {"MESSAGE_QUEUE_URL": "redis://127.0.0.1", "DATABASE_URL": "postgres://h/db"}


def problems(**environment: str) -> list[str]:
    """What `load` has against these variables."""
    with pytest.raises(ConfigError) as refusal:
        config.load(environment)
    return refusal.value.problems


def test_an_empty_environment_runs_on_loopback():
    """All settings are optional; those that hang on others follow them."""
    settings = config.load({})

    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.public_url == "http://127.0.0.1:5000"
    assert settings.database_url == f"sqlite:///{Path('instance/scrapewatch.db').absolute()}"
    assert settings.storage_url == settings.database_url
    assert settings.backup_location == Path("instance/backups").absolute()
    assert settings.trusted_hosts == ("127.0.0.1", "::1", "localhost")
    assert settings.websocket_transports == ("websocket", "polling")


def test_an_empty_value_is_none():
    """Platforms set variables that are not used to the empty string."""
    assert config.load({"PORT": "", "DATABASE_URL": ""}) == config.load({})


def test_all_mistakes_are_told_at_once():
    """One start, one list: each line begins with the variable at fault, and none repeats a value."""
    found = problems(PORT="web", LOG_LEVEL="loud", SECRET_KEY="hunter2", BACKUP_ENABLED="perhaps")

    assert [line.partition(":")[0] for line in found] == ["PORT", "SECRET_KEY", "LOG_LEVEL", "BACKUP_ENABLED"]
    assert "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("CACHE_SIZE", "1e3"),
        ("RETENTION_EVENTS_DAYS", "0"),
        ("STORAGE_COMPRESSION", "yes"),
        ("ASYNC_MODE", "gevent"),
        ("WEBSOCKET_AUTH_TYPE", "token,magic"),
        ("WEBSOCKET_TRANSPORTS", ","),
        ("WEBSOCKET_PATH", "socket.io"),
        ("PUBLIC_URL", "example.org"),
        ("DATABASE_URL", "mysql://127.0.0.1/x"),
        ("DATABASE_URL", "sqlite:x"),
        ("DATABASE_URL", "sqlite://x"),
        ("DATABASE_URL", "postgres://u:hunter2@h:port/db"),
        ("DATABASE_URL", "postgres://u:hunter2@h:99999/db"),
        ("STORAGE_URL", "postgres://h:5432x/db"),
        ("STORAGE_URL", "csv://x"),
        ("MESSAGE_QUEUE_URL", "amqp://127.0.0.1"),
        ("SMTP_URL", "http://127.0.0.1"),
        ("SECRET_KEY", "x" * 31),
        ("ENCRYPTION_KEYS", f"{SECRET},short"),
        ("INGEST_TOKEN", "x" * 31),
        ("READ_TOKEN", "short"),
    ],
)
def test_a_malformed_value_stops_the_start(variable: str, value: str):
    """Nothing is guessed: each kind of setting refuses what it can't use, by its variable's name."""
    found = problems(**{variable: value})

    assert len(found) == 1
    assert found[0].startswith(f"{variable}: must ")
    assert "hunter2" not in found[0]


def test_tls_takes_a_certificate_and_its_key():
    """Neither is of use without the other; with both, links begin with https."""
    assert problems(TLS_CERT_FILE="cert.pem") == ["TLS_KEY_FILE: required with TLS_CERT_FILE"]
    assert problems(TLS_KEY_FILE="key.pem") == ["TLS_CERT_FILE: required with TLS_KEY_FILE"]
    both = config.load({"TLS_CERT_FILE": "cert.pem", "TLS_KEY_FILE": "key.pem"})
    assert both.public_url == "https://127.0.0.1:5000"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_is_spoken_through_psycopg_3(scheme: str):
    """Whatever the platform calls it; the rest of the address stays as it is."""
    settings = config.load({"DATABASE_URL": f"{scheme}://u:p@127.0.0.1/db?sslmode=require"})

    assert settings.database_url == "postgresql+psycopg://u:p@127.0.0.1/db?sslmode=require"


@pytest.mark.parametrize("address", ["memory://", "redis://127.0.0.1/0", "mongodb://127.0.0.1/x"])
def test_events_may_live_elsewhere(address: str):
    """STORAGE_URL takes more kinds than DATABASE_URL, which stays where it was."""
    settings = config.load({"STORAGE_URL": address})

    assert settings.storage_url == address
    assert settings.database_url.startswith("sqlite:///")


@pytest.mark.statement(3, 4)
def test_secrets_must_be_given_when_others_can_reach_the_server():
    """What is generated on loopback is required elsewhere; both are missed at once."""
    found = problems(HOST="0.0.0.0")

    assert [line.partition(":")[0] for line in found] == ["SECRET_KEY", "ENCRYPTION_KEYS"]


def test_bound_elsewhere_the_public_host_is_answered():
    """PUBLIC_URL's host and no other; without it any."""
    elsewhere = {"HOST": "0.0.0.0", "SECRET_KEY": SECRET, "ENCRYPTION_KEYS": SECRET}

    assert config.load({**elsewhere, "PUBLIC_URL": "https://watch.example"}).trusted_hosts == ("watch.example",)
    assert config.load(elsewhere).trusted_hosts == ()


def test_sockets_without_credentials_stay_on_this_machine():
    """WEBSOCKET_AUTH_REQUIRED=false is for loopback without a proxy in front."""
    assert config.load({"WEBSOCKET_AUTH_REQUIRED": "false"}).websocket_auth_required is False
    assert problems(WEBSOCKET_AUTH_REQUIRED="false", TRUSTED_PROXIES="1")


def test_an_ipv6_address_makes_a_valid_link():
    """The brackets are put in."""
    assert config.load({"HOST": "::1"}).public_url == "http://[::1]:5000"


def test_several_processes_speak_websocket_alone():
    """Long polling would need every request at the same process."""
    assert config.load(SEVERAL).websocket_transports == ("websocket",)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:////tmp/x.db"),
        ("STORAGE_URL", "redis://127.0.0.1"),
        ("WEBSOCKET_TRANSPORTS", "websocket,polling"),
    ],
)
def test_what_several_processes_cannot_do_is_named(variable, value):
    """They need one Postgres for all, and sockets that may reach any of them."""
    said = "MESSAGE_QUEUE_URL: several processes need Postgres" if variable == "DATABASE_URL" else variable
    with pytest.raises(ConfigError) as refused:
        config.load({**SEVERAL, variable: value})
    (problem,) = refused.value.problems
    assert problem.startswith(said)


def test_keys_are_listed_newest_first():
    """A comma separates them, spaces do not matter."""
    other = SECRET[::-1]

    assert config.load({"ENCRYPTION_KEYS": f"{SECRET}, {other}"}).encryption_keys == (SECRET, other)


def test_a_dotenv_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The environment itself has the last word."""
    (tmp_path / ".env").write_text("PORT=6001\nLOG_LEVEL=ERROR\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "6002")
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    settings = config.load()

    assert (settings.port, settings.log_level) == (6002, "ERROR")


def test_no_secret_is_shown():
    """Each row marked secret is masked, also one added tomorrow; the rest is shown as it would be written."""
    secrets: dict[str, Any] = {row.name: SECRET for row in fields(Settings) if row.metadata["secret"]}
    told = dict(config.describe(Settings(**secrets | {"cache_enabled": False})))

    assert SECRET not in str(told)
    assert told["SECRET_KEY"] == "(set)"
    assert told["CACHE_ENABLED"] == "false"
    assert told["WEBSOCKET_AUTH_TYPE"] == "token,basic"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgres://ann:s3@cret/?x@db:5432/watch", "postgresql+psycopg://ann:***@db:5432/watch"),
        ("postgresql://db/watch?sslmode=require&password=s3cret", "…/watch?sslmode=require&password=***"),
        ("redis://:s3cret@127.0.0.1:6379/0?prefix=one:", "redis://:***@127.0.0.1:6379/0?prefix=one:"),
        ("mongodb://ann:s3cret@a:1,b:2/watch", "mongodb://ann:***@a:1,b:2/watch"),
        ("memory:", "memory:"),
        ("sqlite:////a@b/c.db", "sqlite:////a@b/c.db"),
    ],
)
def test_a_store_is_told_without_its_password(given: str, told: str):
    """Who looks for their events learns where they are."""
    shown = dict(config.describe(config.load({"STORAGE_URL": given})))["STORAGE_URL"]

    assert shown == told.replace("…", "postgresql+psycopg://db")
    assert "s3" not in shown


def test_a_store_that_nobody_named_is_told_as_the_default(tmp_path: Path):
    """Also that of the events, which is the database then."""
    alone = dict(config.describe(config.load({"DATA_DIR": str(tmp_path)})))
    named = dict(config.describe(config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": "sqlite:////a.db"})))

    assert alone["DATABASE_URL"] == alone["STORAGE_URL"] == f"sqlite:///{tmp_path}/scrapewatch.db (default)"
    assert (named["DATABASE_URL"], named["STORAGE_URL"]) == ("sqlite:////a.db", "sqlite:////a.db (default)")
    assert alone["MESSAGE_QUEUE_URL"] == ""


def test_every_row_reads_back_what_it_shows():
    """The table's own defaults are values that its parsers accept."""
    shown = {name: config.shown(getattr(Settings(), name.lower())) for name, _ in config.describe(Settings())}

    assert config.load(shown) == config.load({})
