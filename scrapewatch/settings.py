"""The client's settings, from the environment variables ``SCRAPEWATCH_*``; read here and nowhere else.

A malformed value must not stop a scraper: it is named in a warning and the default is used.
"""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from scrapewatch.sampling import ALL, MODES

log = logging.getLogger(__name__)

PREFIX: Final = "SCRAPEWATCH_"

SMALLEST_SPOOL: Final = 1024 * 1024

_CACHES: Final = {"darwin": "Library/Caches", "win32": "AppData/Local"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a sender needs to know; durations are ms.

    Attributes:
        url: address of the server, ``http(s)://host:port``; a path, if it has one, is that of the
            socket. Empty: nothing is sent.
        token: credential with the scope ``ingest``.
        reconnect_attempts: failures in a row until the sender gives up; 0 is never.
        reconnect_delay: the most to wait after the first failure.
        reconnect_backoff: how much that grows with each further one.
        close_timeout: how long the end of the process may wait for what is still to be sent.
        spool_dir: folder for what waits; None if there is none, so that it waits in memory.
        spool_bytes: bytes that may wait; 0: they wait in memory.
        items: which items are sent whole, one of `MODES`.
    """

    url: str = ""
    token: str = ""
    reconnect_attempts: int = 0
    reconnect_delay: int = 500
    reconnect_backoff: float = 2.0
    close_timeout: int = 30_000
    spool_dir: Path | None = None
    spool_bytes: int = 128 * 1024 * 1024
    items: str = ALL


def load(url: str | None = None, token: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings; `url` and `token`, where given, come before the environment's."""
    source = os.environ if environment is None else environment
    return Settings(
        url=_address(source.get(f"{PREFIX}URL", "") if url is None else url),
        token=source.get(f"{PREFIX}TOKEN", "") if token is None else token,
        reconnect_attempts=int(_number(source, "RECONNECT_ATTEMPTS", Settings.reconnect_attempts, 0)),
        reconnect_delay=int(_number(source, "RECONNECT_DELAY", Settings.reconnect_delay, 1)),
        reconnect_backoff=_number(source, "RECONNECT_BACKOFF", Settings.reconnect_backoff, 1),
        close_timeout=int(_number(source, "CLOSE_TIMEOUT", Settings.close_timeout, 0)),
        spool_dir=_folder(source),
        spool_bytes=_spool_bytes(source),
        items=_items(source),
    )


def _address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname):
        log.warning("%sURL must look like http://host:port; nothing will be sent", PREFIX)
        return ""
    return value


def _number(source: Mapping[str, str], name: str, default: float, low: float) -> float:
    raw = source.get(PREFIX + name, "")
    try:
        found = float(raw) if raw else default
    except ValueError:
        found = -1
    if low <= found < 2**53:  # false for NaN too
        return found
    log.warning("%s%s must be a number of at least %g; using %g", PREFIX, name, low, default)
    return default


def _spool_bytes(source: Mapping[str, str]) -> int:
    given = int(_number(source, "SPOOL_BYTES", Settings.spool_bytes, 0))
    return max(given, SMALLEST_SPOOL) if given else 0


def _items(source: Mapping[str, str]) -> str:
    found = source.get(f"{PREFIX}ITEMS", "") or ALL
    if found in MODES:
        return found
    log.warning("%sITEMS must be one of %s; using %s", PREFIX, ", ".join(MODES), ALL)
    return ALL


def _folder(source: Mapping[str, str]) -> Path | None:
    """The folder for the spool: the one named, else one in the user's cache; None if that can't be told."""
    if given := source.get(f"{PREFIX}SPOOL_DIR", ""):
        return Path(given).absolute()
    if sys.platform == "win32":
        cache = source.get("LOCALAPPDATA", "")
    else:
        cache = source.get("XDG_CACHE_HOME", "")
    try:
        return (Path(cache) if cache else Path.home() / _CACHES.get(sys.platform, ".cache")) / "scrapewatch"
    except RuntimeError:  # nobody's home
        return None
