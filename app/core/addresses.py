"""Addresses of stores as an operator may read them: which one it is, and no secret."""

from typing import Final

HIDDEN: Final = "***"
_TELLING: Final = {"prefix", "db", "sslmode", "replicaSet", "authSource"}
"""Parameters of addresses that are no secrets."""


def without_secrets(value: str) -> str:
    """An address as it may be shown: without the password, and of its parameters without those that may be secret.

    A password may hold anything but @, so all up to the last one is taken for it. What is no address is hidden whole.
    """
    scheme, is_address, rest = value.partition("://")
    if not is_address:
        return value if value == "memory:" else HIDDEN
    named, at, place = rest.rpartition("@") if not rest.startswith("/") else ("", "", rest)
    user, has_password, _ = named.partition(":")
    place, asked, query = place.partition("?")
    parts = (pair.partition("=") for pair in query.split("&"))
    told = "&".join(f"{name}={given if name in _TELLING else HIDDEN}" for name, _, given in parts)
    return f"{scheme}://{user}{f':{HIDDEN}' if has_password else ''}{at}{place}{asked}{told if asked else ''}"
