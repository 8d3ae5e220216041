"""What stands in the audit log, and what never does."""

import json

import pytest

from app.accounts.actions import ACTIONS
from app.accounts.actors import NOWHERE, Actor, Origin, nobody, of_terminal
from app.accounts.audit import FAILED_PER_MINUTE, HIDDEN, LONGEST, NOTHING, Audit, difference, without_secrets
from app.accounts.credentials import Basic
from app.accounts.kinds import USER
from app.accounts.service import Accounts
from app.accounts.turnstile import Turnstile
from app.core.errors import Conflict, Unauthorized
from app.runtime.threading import ThreadingRuntime
from app.storage.base_audit import AuditEntry, AuditFilter
from tests.accounts.door import audit_of
from tests.fakes import StoppedClock

ADMIN = Actor("user", "admin", 1, Origin("10.0.0.1", "a browser"))
ALL = AuditFilter()


@pytest.fixture
def audit(people: Accounts, clock: StoppedClock) -> Audit:
    """The log of the fixture `people`, empty."""
    return audit_of(people, clock)


def lines(audit: Audit) -> list[AuditEntry]:
    """All of them, oldest first."""
    return audit.entries(ALL)[::-1]


@pytest.mark.statement(48)
def test_a_change_is_told_by_what_it_changed(people: Accounts, audit: Audit, clock: StoppedClock):
    """Who, when, from where, what to which, and of the thing what is other than before."""
    viewer = people.users.named("viewer")

    audit.changed(ADMIN, USER, lambda: viewer, lambda: people.users.set_role(viewer.id, "operator"), "user.role")

    [line] = lines(audit)
    assert (line.at, line.actor_kind, line.actor_id, line.actor) == (clock.now_ms(), "user", 1, "admin")
    assert (line.address, line.agent) == ("10.0.0.1", "a browser")
    assert (line.action, line.kind, line.object_id, line.name) == ("user.role", "user", str(viewer.id), "viewer")
    assert (line.before, line.after) == ('{"role":"viewer"}', '{"role":"operator"}')


def test_what_fails_leaves_no_line(people: Accounts, audit: Audit):
    """The last admin is not shut out, and nobody is said to have done it."""
    admin = people.users.named("admin")

    with pytest.raises(Conflict):
        audit.changed(ADMIN, USER, lambda: admin, lambda: people.users.disable(admin.id), "user.disable")

    assert lines(audit) == []


def test_an_action_is_one_of_the_table(audit: Audit):
    """A word that no page knows is a fault of ours; those of the table are a kind and a verb."""
    with pytest.raises(ValueError, match=r"rule\.chnage"):
        audit.note(ADMIN, "rule.chnage")

    assert all(action in {"login", "logout"} or action.count(".") == 1 for action in ACTIONS)


def test_records_differ_as_deep_as_they_are():
    """What is the same is left out; what is new or gone stands on one side alone."""
    before = {"a": 1, "same": [1], "deep": {"x": 1, "y": 2}, "gone": None}
    after = {"a": 2, "same": [1], "deep": {"x": 1, "y": 3}, "new": [2]}

    assert difference(before, after) == (
        {"a": 1, "deep": {"y": 2}, "gone": None},
        {"a": 2, "deep": {"y": 3}, "new": [2]},
    )


@pytest.mark.parametrize(
    "record",
    [
        {"password": "CANARY"},
        {"smtpPassword": "CANARY"},
        {"config": {"headers": {"Authorization": "Bearer CANARY"}}},
        {"secrets": ["CANARY"]},
        {"apiKey": {"deep": "CANARY"}, "api_key": 5, "token": "CANARY"},
        {"list": [{"client-secret": "CANARY"}]},
        {"url": "https://me:CANARY@example.com/x?y"},
    ],
)
def test_secrets_are_not_told(audit: Audit, record: dict[str, object]):
    """Whatever is called as secrets are, however deep, and what stands before the @ of an address."""
    audit.note(ADMIN, "channel.change", before=record, after=record)

    [line] = lines(audit)
    assert "CANARY" not in f"{line}"
    assert HIDDEN in str(line.after)


def test_what_is_no_secret_is_told():
    """Though its name is like one, as long as it says only whether there is one."""
    record = {"name": "a", "secret": None, "hasToken": True, "url": "https://example.com/@me", "at": 5}

    assert without_secrets(record) == record


def test_a_line_has_an_end(audit: Audit):
    """Of very much only the fields' names are kept, and it is JSON still; what can't be seen is marked."""
    audit.note(
        Actor("user", "x" * 1_000, 1, Origin("a\nb" * 100, "\x1b[31m" + "y" * 1_000)),
        "dashboard.change",
        after={"layout": ["z" * LONGEST], "name": "a"},
    )

    [line] = lines(audit)
    assert json.loads(line.after or "") == {"layout": "…", "name": "…"}
    assert line.agent.startswith("�[31m")
    assert "\n" not in line.address
    assert max(len(line.actor), len(line.address), len(line.agent)) <= 300


@pytest.mark.statement(48)
def test_logins_and_failures_are_noted(people: Accounts, audit: Audit):
    """By the form and by Basic, with the user they were about; a name that nobody has may be a password."""
    turnstile = Turnstile(people, audit, ThreadingRuntime())
    here = Origin("10.0.0.1", "a browser")
    turnstile.log_in("viewer", "viewer's", here)
    for attempt in (
        lambda: turnstile.log_in("VIEWER", "wrong", here),
        lambda: turnstile.identify(Basic("my-p4ssword", "viewer"), here),
    ):
        with pytest.raises(Unauthorized):
            attempt()

    found = [(line.action, line.actor, line.name, line.address) for line in lines(audit)]
    assert found == [
        ("login", "viewer", "viewer", "10.0.0.1"),
        ("login.failed", "", "viewer", "10.0.0.1"),
        ("login.failed", "", "", "10.0.0.1"),
    ]
    assert people.users.named("viewer").last_login_at


def test_a_flood_of_failures_is_counted(audit: Audit):
    """It fills neither the disk nor the pages."""
    for _ in range(FAILED_PER_MINUTE + 7):
        audit.failed(nobody(NOWHERE), NOTHING)
    assert len(lines(audit)) == FAILED_PER_MINUTE

    audit._failures.reset()  # a minute later
    audit.failed(nobody(NOWHERE), NOTHING)

    assert lines(audit)[-1].after == '{"notWritten":7}'


def test_a_command_is_its_user_s():
    """By the system's word for them."""
    actor = of_terminal()

    assert actor.kind == "cli"
    assert actor.name.startswith("cli:")
    assert len(actor.name) > len("cli:")
