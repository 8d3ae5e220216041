"""Address ranges that a token may be taken from: how they are written, and which addresses lie in them.

An address is the caller's as far as TRUSTED_PROXIES tells it. One of IPv4 that came as IPv6 (``::ffff:…``) is of IPv4.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Any, Final

from app.core.errors import InvalidInput

FIELD: Final = "allowedAddresses"
EXAMPLES: Final = "10.0.0.0/8, 2001:db8::/32"
MOST: Final = 50
LONGEST: Final = 50
"""Characters of one as it is written; the longest of IPv6 has 43."""
_MAPPED_BITS: Final = 96
"""Before an address of IPv4 that is written as IPv6."""


def checked(written: Sequence[str], field: str = FIELD) -> tuple[str, ...]:
    """The ranges in their shortest form, each once; a single address is a range of one.

    Raises:
        InvalidInput: one of them is none, or there are too many.
    """
    if len(written) > MOST:
        raise InvalidInput("must hold at most %(most)s", most=MOST, field=field)
    return tuple(dict.fromkeys(str(_range(text, field)) for text in written))


def admits(ranges: Iterable[str], address: str) -> bool:
    """Whether a caller from `address` may come; no ranges admit all, and what is no address lies in none."""
    found = tuple(ranges)
    if not found:
        return True
    try:
        caller = ip_address(address.partition("%")[0])
    except ValueError:  # whatever a proxy that is believed has told
        return False
    if caller.version == 6 and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in network for network in _networks(found))


def lie_within(inner: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether `outer` admits whoever `inner` does; both as `checked` gives them, and no ranges admit all."""
    if not outer or not inner:
        return not outer
    wide = [one for version in (4, 6) for one in collapse_addresses(_of(outer, version))]
    return all(any(_is_part(one, whole) for whole in wide) for one in _networks(tuple(inner)))


def _of(ranges: Sequence[str], version: int) -> list[Any]:
    return [one for one in _networks(tuple(ranges)) if one.version == version]


def _is_part(one: Any, whole: Any) -> bool:
    return one.version == whole.version and bool(one.subnet_of(whole))


def _range(text: str, field: str) -> IPv4Network | IPv6Network:
    network = None if len(text) > LONGEST or "%" in text else _network(text)
    if network is None:
        raise InvalidInput(
            "%(range)s is no address range; write one as in %(examples)s.",
            range=text[:LONGEST],
            examples=EXAMPLES,
            field=field,
        )
    return network


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """What is written; IPv4 that is written as IPv6 is taken for what callers from there are taken for."""
    try:
        network = ip_network(text)
    except ValueError:
        return None
    if network.version == 6 and network.prefixlen >= _MAPPED_BITS and network.network_address.ipv4_mapped is not None:
        return IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - _MAPPED_BITS))
    return network


@lru_cache(1_000)
def _networks(ranges: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, ranges))
