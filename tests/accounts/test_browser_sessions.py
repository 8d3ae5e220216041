"""The sessions of browsers, each on its own."""

import pytest

from app.accounts.actors import NOWHERE, Origin
from app.accounts.service import Accounts
from app.accounts.sessions import ABSOLUTE_MS, IDLE_MS, Holder
from app.core.errors import NotFound
from tests.fakes import StoppedClock

PATIENCE_S = 10


def written(accounts: Accounts) -> None:
    """Wait until every note is."""
    accounts.notes.lane.submit(int).result(PATIENCE_S)


@pytest.mark.statement(9, 11)
def test_a_session_is_of_one_browser(people: Accounts, clock: StoppedClock):
    """By its key; ended by itself, with the others, or with all that the user has."""
    user = people.users.named("viewer")
    entered = [people.begin(user.id, Origin("10.0.0.1", f"browser {number}")) for number in range(4)]

    def held() -> list[bool]:
        return [people.by_session(Holder(user.id, user.session_version, key)) == who for who, key in entered]

    assert people.users.get(user.id).last_login_at == clock.now_ms()
    assert held() == [people.still_valid(who) for who, _ in entered] == [True] * 4
    assert people.by_session(Holder(user.id, user.session_version, "another key")) is None
    assert people.by_session(Holder(user.id + 1, user.session_version, entered[0].key)) is None
    numbers = [who.session_id or 0 for who, _ in entered]

    people.sessions.end(user.id, numbers[0])
    with pytest.raises(NotFound):
        people.sessions.end(user.id, numbers[0])
    with pytest.raises(NotFound):
        people.sessions.end(people.users.named("admin").id, numbers[1])

    assert held() == [people.still_valid(who) for who, _ in entered] == [False, True, True, True]
    assert people.sessions.end_others(user.id, numbers[2]) == 2
    assert held() == [False, False, True, False]
    assert [session.agent for session in people.sessions.of(user.id)] == ["browser 2"]
    people.users.end_sessions(user.id)
    assert held() == [people.still_valid(who) for who, _ in entered] == [False] * 4
    assert people.sessions.of(user.id) == []


def test_the_use_of_a_session_is_noted_to_the_minute(people: Accounts, clock: StoppedClock):
    """While nobody waits; and it is no change of the account."""
    user = people.users.named("viewer")
    _, key = people.begin(user.id, NOWHERE)
    holder, revision, began = Holder(user.id, user.session_version, key), people.revision(), clock.now_ms()

    def noted() -> int:
        assert people.by_session(holder)
        written(people)
        return people.sessions.of(user.id)[0].last_used_at

    clock.advance(59_999)
    assert noted() == began
    clock.advance(1)
    assert noted() == clock.now_ms()
    assert people.revision() == revision
    clock.advance(IDLE_MS)
    assert people.sessions.of(user.id) == []
    clock.advance(ABSOLUTE_MS)
    assert people.by_session(holder) is None
