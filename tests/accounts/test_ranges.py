"""Address ranges of tokens: how they are written, who lies in them, and what a change of them ends."""

import pytest

from app.accounts.credentials import Bearer
from app.accounts.ranges import admits, checked, lie_within
from app.accounts.service import Accounts
from app.accounts.sessions import Holder
from app.core.errors import Forbidden, InvalidInput


def test_ranges_are_of_both_kinds_of_address():
    """A single address is a range of one; IPv4 that comes as IPv6 is IPv4; what is no address lies in none."""
    ranges = checked(["10.0.0.0/8", "192.0.2.7", "2001:DB8::/32", "10.0.0.0/8"])

    assert ranges == ("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")
    assert [admits(ranges, one) for one in ("10.9.9.9", "::ffff:10.9.9.9", "2001:db8::5", "192.0.2.7")] == [True] * 4
    assert [admits(ranges, one) for one in ("11.0.0.1", "2001:db9::5", "192.0.2.8", "", "x", "_hidden")] == [False] * 6
    assert admits((), "anything")
    assert checked(["::ffff:10.0.0.0/104", "::ffff:192.0.2.7", "::/0"]) == ("10.0.0.0/8", "192.0.2.7/32", "::/0")


def test_ranges_lie_within_others():
    """Within several that touch, too, never across the kinds of address; none are all addresses."""
    halves = checked(["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"])

    assert all(lie_within(checked(inner), halves) for inner in (["10.0.0.0/8"], ["10.9.9.9", "2001:db8::5"]))
    assert not any(
        lie_within(checked(inner), halves) for inner in (["10.0.0.0/7"], ["10.0.0.1", "::/0"], ["::a00:1"], [])
    )
    assert lie_within((), ())
    assert lie_within(halves, ())


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "fe80::%eth0/64", "x" * 10_000, "é"])
def test_what_is_no_range_is_refused(people: Accounts, text: str):
    """Naming the field, and the range in short."""
    with pytest.raises(InvalidInput) as refusal:
        people.tokens.create("shop", "read", allowed=[text])

    assert refusal.value.field == "allowedAddresses"
    assert len(refusal.value.detail) < 150
    with pytest.raises(InvalidInput):
        checked([f"10.0.0.{number}" for number in range(51)])


@pytest.mark.statement(9)
def test_other_ranges_hold_at_once(people: Accounts):
    """For requests, for sockets that are open, and for wall screens; a refusal tells no range."""
    token, text = people.tokens.create("wall", "read", allowed=["10.0.0.0/8"])
    came = people.identify(Bearer(text), "10.0.0.5")
    wall = Holder(-token.id, 0)
    assert people.still_valid(came)
    assert people.by_session(wall, "10.0.0.5")

    people.tokens.allow(token.id, ["192.0.2.0/24"])

    assert not people.still_valid(came)
    for ask in (lambda: people.identify(Bearer(text), "10.0.0.5"), lambda: people.by_session(wall, "10.0.0.5")):
        with pytest.raises(Forbidden) as refusal:
            ask()
        assert "192.0.2" not in refusal.value.detail
    assert people.still_valid(people.identify(Bearer(text), "192.0.2.9"))
