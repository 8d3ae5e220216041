"""How a setting's text becomes a value: each parser returns it or raises `ValueError` with what it must be."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


def boolean(value: str) -> bool:
    """``true``, ``false``, ``1`` or ``0``."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in known:
        raise ValueError("must be true, false, 1 or 0")
    return known[value.lower()]


def number(low: int, high: int = 2**53 - 1) -> Callable[[str], int]:
    """An integer from `low` to `high`, both included."""

    def parse(value: str) -> int:
        try:
            found = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not low <= found <= high:
            raise ValueError(f"must be from {low} to {high}")
        return found

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    """One of the words given."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return parse


def words(*allowed: str) -> Callable[[str], tuple[str, ...]]:
    """A comma-separated list; of the words given, if any are."""

    def parse(value: str) -> tuple[str, ...]:
        found = tuple(word.strip() for word in value.split(",") if word.strip())
        unknown = [word for word in found if allowed and word not in allowed]
        if unknown or not found:
            raise ValueError(f"must list some of {', '.join(allowed) or 'comma-separated words'}")
        return found

    return parse


def path(value: str) -> Path:
    """A file or folder, made absolute."""
    return Path(value).expanduser().absolute()


def url(*schemes: str) -> Callable[[str], str]:
    """An address whose scheme is one of those given."""

    def parse(value: str) -> str:
        if urlsplit(value).scheme not in schemes or "://" not in value:
            raise ValueError(f"must start with one of {', '.join(f'{name}://' for name in schemes)}")
        return value

    return parse


def database_url(value: str) -> str:
    """SQLite or Postgres; Postgres always speaks through psycopg 3, whatever the platform wrote."""
    found = url("sqlite", "postgres", "postgresql", "postgresql+psycopg")(value)
    scheme, _, rest = found.partition("://")
    if scheme == "sqlite":
        if not rest.startswith("/"):
            raise ValueError("must name a file after sqlite:///")
        return found
    if not _has_port_or_none(rest):
        raise ValueError("must have a number from 0 to 65535 for its port")
    return f"postgresql+psycopg://{rest}"


def _has_port_or_none(rest: str) -> bool:
    """Whether what follows ``postgresql://`` names a possible port or none; a password may hold anything but @."""
    try:
        _ = urlsplit(f"//{rest.partition('@')[2] or rest}").port
    except ValueError:
        return False
    return True


def storage_url(value: str) -> str:
    """A database as above, or the memory, Redis or MongoDB store."""
    if urlsplit(value).scheme in {"memory", "redis", "rediss", "mongodb", "mongodb+srv"}:
        return value
    return database_url(value)


def key(value: str) -> str:
    """A secret of at least 32 bytes."""
    if len(value.encode()) < 32:
        raise ValueError("must be at least 32 bytes long")
    return value


def keys(value: str) -> tuple[str, ...]:
    """Comma-separated secrets of at least 32 bytes each, the newest first."""
    return tuple(key(part.strip()) for part in value.split(","))
