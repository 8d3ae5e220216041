"""Whether a browser's request comes from our own pages."""

from typing import Final
from urllib.parse import urlsplit

PORTS: Final = {"http": 80, "https": 443}


def is_own(origin: str, host_url: str, public_url: str) -> bool:
    """Whether `origin` is the address that was asked for (`host_url`) or the one people use (`public_url`).

    ``null``, which sandboxed frames and redirects send, is nobody's.
    """
    asked = _parts(origin)
    return asked is not None and asked in (_parts(host_url), _parts(public_url))


def _parts(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
