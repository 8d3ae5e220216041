"""Addresses as they may be shown and written down: without who asks, and without secrets."""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

_TELLING: Final = {"prefix", "db"}
"""Parameters by which two stores on one server differ."""


def shown(url: str) -> str:
    """An address that tells one store from another and nothing else."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.partition("+")[0], parts.netloc.rpartition("@")[2]
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in _TELLING])
    return f"{scheme}://{host}{parts.path}{f'?{query}' if query else ''}"
