"""Which addresses a message may go to: public ones, unless the operator allows others."""

import ipaddress
from typing import Final

_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64: the last four bytes are an IPv4 address, which may be a private one."""

_RETIRED: Final = ipaddress.IPv6Network("::/96")
"""IPv4-compatible addresses, `::1` and `::` among them."""


def is_public(address: str) -> bool:
    """Whether `address`, as the resolver gives it, belongs to the public internet; so must the IPv4 address inside."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found in _RETIRED:
            return False
        inner = _inside(found)
        if inner is not None:
            return _is_open(inner)
    return _is_open(found)


def _inside(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if found.ipv4_mapped:
        return found.ipv4_mapped
    if found.sixtofour:
        return found.sixtofour
    if found.teredo:
        return found.teredo[1]
    return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF) if found in _TRANSLATED else None


def _is_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
