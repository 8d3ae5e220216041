"""How far a token may go that makes others: it hands on no more than it has itself.

A token may be bound to address ranges, and to a time. What it makes is taken from no other address and at no later
time; else whoever gets hold of it within a network, or for an hour, could make one that lasts and is taken anywhere.
"""

from collections.abc import Sequence

from app.accounts import ranges
from app.core.errors import Forbidden
from app.storage.base_accounts import Token


def check_ranges(maker: Token, allowed: Sequence[str]) -> None:
    """Make sure that a token by `maker` would be taken from no address that `maker` itself is not taken from.

    Raises:
        Forbidden: it would; names the field.
        InvalidInput: they are no ranges.
    """
    if not ranges.lie_within(ranges.checked(allowed), maker.allowed):
        raise Forbidden(
            "A token that is bound to addresses can't let one be taken from others; give ranges within its own.",
            field=ranges.FIELD,
        )


def check_expiry(maker: Token, expires_at: int | None) -> None:
    """Make sure that a token by `maker` would not outlive `maker`.

    Raises:
        Forbidden: it would; names the field.
    """
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise Forbidden("A token that ends can't make one that ends later, or never.", field="expiresAt")


def check_unbound(maker: Token) -> None:
    """Make sure that `maker` is bound to nothing.

    Raises:
        Forbidden: it is; who chooses a password by a link is a user, bound neither to addresses nor to a time.
    """
    if maker.allowed or maker.expires_at is not None:
        raise Forbidden("A token that is bound to addresses, or ends, can't make links to choose a password.")
