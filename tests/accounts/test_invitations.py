"""Links by which somebody chooses their password."""

import pytest

from app.accounts.invitations import LASTS_MS
from app.accounts.service import Accounts
from app.core.errors import Conflict, InvalidInput, NotFound, Unauthorized, Unavailable
from tests.fakes import StoppedClock

HERE = "127.0.0.1"


def test_a_link_lets_its_user_choose_a_password_once(people: Accounts, clock: StoppedClock):
    """Whoever is invited can't log in before; the old password and all sessions end; it holds for one use."""
    user = people.users.invite("zoe", "operator")
    with pytest.raises(Unauthorized):
        people.by_password("zoe", "", HERE)
    link, secret = people.invitations.make(user.id)
    assert (link.invites, link.expires_at - link.created_at) == (True, LASTS_MS)

    people.invitations.accept(secret, "long enough", HERE)()

    assert people.by_password("zoe", "long enough", HERE).role == "operator"
    assert people.invitations.all() == {}
    with pytest.raises(Unauthorized):
        people.invitations.check(secret, HERE)
    again, _ = people.invitations.make(user.id)
    assert not again.invites


def test_a_link_ends_by_time_by_another_and_by_being_taken_back(people: Accounts, clock: StoppedClock):
    """Also when the user is shut out, or two use it at once; a password too short leaves it as it is."""
    user = people.users.named("viewer")
    first = people.invitations.make(user.id)[1]
    second = people.invitations.make(user.id)[1]
    with pytest.raises(InvalidInput):
        people.invitations.accept(second, "short", HERE)
    uses = [people.invitations.accept(second, f"long enough {number}", HERE) for number in range(2)]
    uses[0]()
    with pytest.raises(Unauthorized):
        uses[1]()
    assert people.by_password("viewer", "long enough 0", HERE).name

    ended = [first, second, "", "x" * 1_000, "\ud800"]
    for end in (people.invitations.withdraw, people.users.disable):
        ended.append(people.invitations.make(user.id)[1])
        end(user.id)
    with pytest.raises(Conflict):
        people.invitations.make(user.id)
    people.users.enable(user.id)
    ended.append(people.invitations.make(user.id)[1])
    clock.advance(LASTS_MS)

    for number, secret in enumerate(ended):
        with pytest.raises(Unauthorized):
            people.invitations.check(secret, f"10.0.0.{number}")
    with pytest.raises(NotFound):
        people.invitations.withdraw(99)


def test_links_are_not_guessed(people: Accounts):
    """Ten wrong ones from an address within a minute, then a pause, also for the right one."""
    secret = people.invitations.make(people.users.named("viewer").id)[1]
    for number in range(10):
        with pytest.raises(Unauthorized):
            people.invitations.check(f"guess {number}", HERE)

    with pytest.raises(Unavailable) as refusal:
        people.invitations.check(secret, HERE)

    assert refusal.value.code == "rate_limited"
    assert people.invitations.check(secret, "10.0.0.1").username == "viewer"


def test_an_admin_without_a_password_is_none_yet(people: Accounts):
    """Whoever was only invited can't save the others from being the last."""
    people.users.invite("zoe", "admin")

    with pytest.raises(Conflict):
        people.users.set_role(people.users.named("admin").id, "viewer")
