"""Every setting of the server: one typed table, read once from the environment.

A field of `Settings` is a setting; its variable is the field's name in capitals. To add
one, add a row: parsing, `doctor`, the reference page and the tests follow from the table.
Durations are integer milliseconds unless the name ends in ``_days``; sizes are bytes.

`load` is the only reader of the environment. It reports every malformed value at once and
has no side effect: secrets that may be generated are made by the web process at its start.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from dotenv import dotenv_values

from app.core.addresses import without_secrets
from app.core.parse import boolean, choice, database_url, key, keys, number, path, storage_url, url, words

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
DAY_MS: Final = 86_400_000
PLACES: Final = ("database_url", "message_queue_url", "storage_url")
"""The settings that say where what is."""


class ConfigError(Exception):
    """The environment holds values that can't be used; one line a problem, each names its variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def setting(parse: Callable[[str], Any], default: Any, about: str, *, secret: bool = False) -> Any:
    """A row of the table."""
    meta = {"parse": parse, "about": about, "secret": secret}
    return field(default=default, metadata=meta)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective settings of one process; build one by hand in tests, by `load` elsewhere."""

    # Process
    host: str = setting(str, "127.0.0.1", "address to listen on")
    port: int = setting(number(0, 65535), 5000, "port to listen on")
    public_url: str = setting(
        url("http", "https"), "", "address that people use, for links; default from HOST and PORT"
    )
    secret_key: str = setting(key, "", "signs cookies; generated on loopback, required elsewhere", secret=True)
    data_dir: Path = setting(path, Path("instance"), "folder of the embedded database and generated keys")
    database_url: str = setting(database_url, "", "SQLite or Postgres; default SQLite in DATA_DIR", secret=True)
    message_queue_url: str = setting(
        url("redis", "rediss"), "", "Redis that rings between several processes on one Postgres", secret=True
    )
    trusted_proxies: int = setting(
        number(0, 10), 0, "proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    trusted_hosts: tuple[str, ...] = setting(words(), (), "host names answered; default loopback and PUBLIC_URL's")
    log_level: str = setting(choice("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "least level logged")
    log_format: str = setting(choice("console", "json"), "console", "shape of a log line")
    async_mode: str = setting(choice("eventlet", "threading"), "eventlet", "how the process waits")
    web_concurrency: int = setting(number(1), 1, "set by some platforms; `doctor` warns when it is above 1")

    # First start
    admin_username: str = setting(str, "admin", "name of the first admin")
    admin_password: str = setting(str, "", "password of the first admin; generated and printed once", secret=True)
    ingest_token: str = setting(str, "", "token of the sender `default`; generated and printed once", secret=True)
    read_token: str = setting(str, "", "token that reads", secret=True)

    # WebSocketConfig
    websocket_path: str = setting(str, "/socket.io", "path of the socket")
    websocket_auth_required: bool = setting(boolean, True, "refuse sockets without credentials")
    websocket_auth_type: tuple[str, ...] = setting(words("token", "basic"), ("token", "basic"), "credentials accepted")
    websocket_transports: tuple[str, ...] = setting(
        words("websocket", "polling"), (), "default websocket,polling; websocket alone with MESSAGE_QUEUE_URL"
    )
    websocket_compression: bool = setting(boolean, False, "per-message deflate; costs 90 kB a viewer")
    websocket_max_connections: int = setting(number(1, 1_000_000), 10_000, "sockets at once")
    websocket_max_backlog: int = setting(
        number(1_048_576), 67_108_864, "bytes that may wait for all viewers together; the longest queue lags first"
    )
    websocket_ping_interval: int = setting(number(1_000), 10_000, "ms between pings")
    websocket_ping_timeout: int = setting(number(1_000), 5_000, "ms to wait for the answer to a ping")

    # StorageConfig
    storage_url: str = setting(storage_url, "", "store of events and series; default DATABASE_URL", secret=True)
    retention_events_days: int = setting(number(1, 36_500), 30, "days that events are kept, and the log of notices")
    retention_failed_days: int = setting(
        number(1, 36_500),
        90,
        "days that events and logs of jobs are kept that are failed, lost or stalled; not less than others",
    )
    retention_metrics_days: int = setting(number(1, 36_500), 90, "days that series are kept")
    retention_logs_days: int = setting(number(1, 36_500), 14, "days that log events are kept")
    storage_compression: bool = setting(boolean, True, "pack bodies of finished jobs' events; off: no more of them")
    backup_enabled: bool = setting(boolean, False, "back up on a schedule")
    backup_interval: int = setting(number(60_000), DAY_MS, "ms between backups")
    backup_location: Path | None = setting(path, None, "folder of backups; default DATA_DIR/backups")
    backup_keep: int = setting(number(1), 7, "backups kept; the oldest go")

    # BufferConfig
    buffer_size: int = setting(number(100), 20_000, "events waiting for the writer before senders are told to wait")
    buffer_flush_interval: int = setting(number(0, 10_000), 20, "ms a commit may wait for company")
    buffer_batch_size: int = setting(number(1, 100_000), 500, "events per sender and turn in one commit")

    # SecurityConfig
    rate_limit_connections: int = setting(
        number(1),
        600,
        "socket connections per address and interval; beyond a tenth in wrong credentials, those have to pause",
    )
    rate_limit_exports: int = setting(number(1), 60, "exports that a user or token may begin in that interval")
    rate_limit_interval: int = setting(number(1_000), 60_000, "ms of that interval")
    encryption_enabled: bool = setting(boolean, True, "encrypt channel secrets at rest")
    encryption_algorithm: str = setting(choice("fernet", "aes-256-gcm"), "fernet", "how")
    encryption_keys: tuple[str, ...] = setting(
        keys, (), "newest first; generated on loopback, required elsewhere", secret=True
    )
    redact: bool = setting(boolean, True, "take secrets out of events before they are stored")
    redact_fields: tuple[str, ...] = setting(words(), (), "more names of fields whose values are taken out")
    tls_cert_file: Path | None = setting(
        path, None, "serve TLS with this certificate (PEM, the authority's own after it); taken anew when it changes"
    )
    tls_key_file: Path | None = setting(path, None, "and this key (PEM, without a password)")

    # ReliabilityConfig
    cache_enabled: bool = setting(boolean, True, "remember important events for late viewers")
    cache_size: int = setting(number(1), 1_000, "important events remembered")
    cache_ttl: int = setting(number(1_000), 3_600_000, "ms that they are remembered")
    job_stalled_after: int = setting(number(1_000), 300_000, "ms without news until a job is stalled")
    job_lost_after: int = setting(number(1_000), 60_000, "ms of silence until a job is lost, its socket gone")

    # DashboardConfig
    dashboard_refresh: int = setting(number(250), 1_000, "ms between live figures")
    dashboard_theme: str = setting(choice("system", "dark", "light"), "system", "theme of the pages")
    dashboards_dir: Path | None = setting(path, None, "folder of dashboards, JSON files read at start")

    # Channels
    slack_webhook_url: str = setting(url("https", "http"), "", "channel slack", secret=True)
    smtp_url: str = setting(
        url("smtp", "smtp+starttls", "smtps"), "", "channel email, and the server of other mail channels", secret=True
    )
    alert_email_from: str = setting(str, "", "its sender, and that of other mail channels")
    alert_email_to: tuple[str, ...] = setting(words(), (), "its recipients")
    twilio_url: str = setting(
        url("https", "http"), "", "channel sms: Messages.json, and that of other sms channels", secret=True
    )
    sms_from: str = setting(str, "", "its number, and that of other sms channels")
    sms_to: tuple[str, ...] = setting(words(), (), "its recipients")
    alert_webhook_url: str = setting(url("https", "http"), "", "channel webhook", secret=True)
    alert_webhook_secret: str = setting(
        str, "", "signs webhook messages; default the file webhook_secret in DATA_DIR", secret=True
    )
    notify_allow_private: bool = setting(boolean, False, "let channels reach private addresses")
    deadman_url: str = setting(
        url("http", "https"),
        "",
        "called each minute while alerts are evaluated; who expects it can tell of silence",
        secret=True,
    )

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def in_development(self) -> bool:
        """Whether it runs for whoever works on it: on loopback, and no proxy passes others on."""
        return self.on_loopback and not self.trusted_proxies


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environment`, by default the process's own over a ``.env`` file.

    Raises:
        ConfigError: values are malformed or missing; holds all of them.
    """
    if environment is None:
        environment = {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}
    found, problems = _parse(environment)
    settings = Settings(**found)
    problems += _contradictions(settings)
    if problems:
        raise ConfigError(problems)
    return Settings(**{**vars(settings), **_derived(settings)})


def _parse(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    problems: list[str] = []
    for row in fields(Settings):
        raw = environment.get(row.name.upper(), "")
        if raw == "":  # platforms set unused variables to the empty string
            continue
        try:
            found[row.name] = row.metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{row.name.upper()}: {error}")
    return found, problems


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    if not settings.on_loopback:
        problems += [
            f"{name.upper()}: required when HOST is not a loopback address"
            for name in ("secret_key", "encryption_keys")
            if not getattr(settings, name)
        ]
    if not settings.websocket_auth_required and not settings.in_development:
        problems.append("WEBSOCKET_AUTH_REQUIRED: false only with HOST on loopback and TRUSTED_PROXIES 0")
    problems += [
        f"{name.upper()}: must be at least 32 characters long"
        for name in ("ingest_token", "read_token")
        if 0 < len(getattr(settings, name)) < 32
    ]
    if bool(settings.tls_cert_file) != bool(settings.tls_key_file):
        given, wanting = ("CERT", "KEY") if settings.tls_cert_file else ("KEY", "CERT")
        problems.append(f"TLS_{wanting}_FILE: required with TLS_{given}_FILE")
    if not settings.websocket_path.startswith("/"):
        problems.append("WEBSOCKET_PATH: must start with /")
    return problems + (_of_several(settings) if settings.message_queue_url else [])


def _of_several(settings: Settings) -> list[str]:
    """What several processes can't do."""
    problems = []
    if not settings.database_url.startswith("postgresql"):
        problems.append("MESSAGE_QUEUE_URL: several processes need Postgres; set DATABASE_URL")
    if settings.storage_url not in {"", settings.database_url}:
        problems.append("STORAGE_URL: several processes need the store of DATABASE_URL; leave it empty")
    if "polling" in settings.websocket_transports:
        problems.append(
            "WEBSOCKET_TRANSPORTS: websocket alone with MESSAGE_QUEUE_URL, as each request may reach another process"
        )
    return problems


def _derived(settings: Settings) -> dict[str, Any]:
    """Defaults that hang on other settings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    data_dir = settings.data_dir.absolute()
    database = settings.database_url or f"sqlite:///{quote(str(data_dir / 'scrapewatch.db'))}"
    scheme = "https" if settings.tls_cert_file else "http"
    public = (settings.public_url or f"{scheme}://{host}:{settings.port}").rstrip("/")
    named = urlsplit(settings.public_url).hostname
    hosts = (*LOOPBACK, *([named] if named else [])) if settings.on_loopback else ((named,) if named else ())
    both = ("websocket",) if settings.message_queue_url else ("websocket", "polling")
    return {
        "data_dir": data_dir,
        "database_url": database,
        "storage_url": settings.storage_url or database,
        "public_url": public,
        "trusted_hosts": settings.trusted_hosts or tuple(sorted(hosts)),
        "websocket_transports": settings.websocket_transports or both,
        "backup_location": settings.backup_location or data_dir / "backups",
    }


def secret_values(settings: Settings) -> list[Any]:
    """The values of the settings that are secret: texts and tuples of texts."""
    return [value for row in fields(Settings) if row.metadata["secret"] and (value := getattr(settings, row.name))]


def describe(settings: Settings) -> list[tuple[str, str]]:
    """Each setting as (variable, value with secrets masked), in the table's order; of stores, which one it is."""
    rows = []
    for row in fields(Settings):
        value = getattr(settings, row.name)
        visible = "(set)" if row.metadata["secret"] and value else shown(value)
        if value and row.name in PLACES:
            visible = without_secrets(value) + (" (default)" if is_default(settings, row.name) else "")
        rows.append((row.name.upper(), visible))
    return rows


def is_default(settings: Settings, name: str) -> bool:
    """Whether the address of a store is what follows from the other settings where none is given."""
    unset: dict[str, Any] = {name: ""}
    return bool(getattr(settings, name) == _derived(replace(settings, **unset)).get(name, ""))


def shown(value: object) -> str:
    """A setting's value as it would be written into the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
