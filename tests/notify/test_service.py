"""Channels: made, changed, told without their secrets; those of the environment; keys that change."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.notify.channel import channel_json, secrets_of
from app.notify.environment import Environment, environment
from app.notify.seal import AES_GCM, FERNET, Seal
from app.notify.service import Channels
from app.storage.base_channels import Breakage
from app.storage.sql.channels import SqlChannelStore
from app.storage.sql.channels import channels as table
from app.storage.sql.database import Database
from config import load
from tests.fakes import NOW_MS, StoppedClock

OLD = "an old key of the tests, of 32 bytes or more"
NEW = "a new key of the tests, of 32 bytes or more"
NOTHING = Environment({}, {})
HOOK: dict[str, Any] = {
    "name": "ops",
    "type": "webhook",
    "config": {"webhook": "https://u:pw@ops.test/in/0123456789", "secret": "s3cret"},
}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A database of the test's own."""
    database = Database(sqlite_url)
    yield database
    database.close()


def over(
    database: Database, given: Environment = NOTHING, keys: tuple[str, ...] = (OLD,), how: str = FERNET
) -> Channels:
    """The channels of that database."""
    return Channels(SqlChannelStore(database), Seal(keys, how, enabled=True), given, StoppedClock())


def stored(database: Database) -> str:
    """What the only channel's row holds."""
    return str(database.read(lambda connection: connection.execute(table.select()).one().sealed))


@pytest.mark.statement(44)
def test_a_channel_is_told_without_its_secrets(database: Database):
    """Only that they are set; and nothing of them is in the database."""
    made = over(database).create({**HOOK, "config": {**HOOK["config"], "template": "{rule}"}})

    assert channel_json(made) == {
        "id": "1", "name": "ops", "type": "webhook", "config": {"template": "{rule}"}, "secrets": ["secret", "webhook"],
        "target": "ops.test", "origin": "own", "broken": None, "trouble": "",
    }  # fmt: skip
    assert "ops.test" not in stored(database)
    assert "s3cret" not in repr(made)
    assert {"s3cret", "pw", "/in/0123456789", "0123456789"} <= secrets_of(made)


def test_a_secret_that_is_not_given_stays(database: Database):
    """Null or nothing removes it, and another type begins anew."""
    kept = over(database)
    kept.create(HOOK)

    changed = kept.change("1", {"config": {"template": "{rule}"}})
    assert changed.config == {**HOOK["config"], "template": "{rule}"}
    assert (changed.name, changed.type) == ("ops", "webhook")
    with pytest.raises(InvalidInput) as caught:
        kept.change("1", {"config": {"webhook": None}})
    assert caught.value.field == "config.webhook"
    assert "secret" not in kept.change("1", {"config": {"secret": ""}}).config
    with pytest.raises(InvalidInput) as caught:
        kept.change("1", {"type": "slack", "config": {}})
    assert caught.value.field == "config.webhook"


@pytest.mark.parametrize(
    ("body", "field"),
    [([], ""), ({**HOOK, "name": ""}, "name"), ({**HOOK, "name": "a\nb"}, "name"), ({**HOOK, "name": 5}, "name"),
     ({**HOOK, "type": "fax"}, "type"), ({"name": "ops"}, "type"), ({**HOOK, "config": 5}, "config"),
     ({**HOOK, "config": {}}, "config.webhook")],
)  # fmt: skip
def test_what_cannot_be_a_channel_is_refused(database: Database, body: Any, field: str):
    """With the field at fault."""
    with pytest.raises(InvalidInput) as caught:
        over(database).create(body)

    assert caught.value.field == field


def test_a_name_belongs_to_one_channel(database: Database):
    """Of one's own, or of the environment."""
    kept = over(database, Environment({"slack": {"webhook": "https://slack.test"}}, {}))
    kept.create(HOOK)
    kept.create({**HOOK, "name": "crew"})

    for refused in (lambda: kept.create(HOOK), lambda: kept.create({**HOOK, "name": "slack"}),
                    lambda: kept.change("2", {"name": "ops", "config": {}}),
                    lambda: kept.change("2", {"name": "slack", "config": {}})):  # fmt: skip
        with pytest.raises(Conflict):
            refused()


def test_the_environments_channels_are_there_and_cannot_be_changed(database: Database):
    """By their names, with what the environment gives their types."""
    given = environment(load({
        "DATA_DIR": str(database.url.database) + ".data", "SLACK_WEBHOOK_URL": "https://hooks.test/T0",
        "SMTP_URL": "smtp://mail.test", "ALERT_EMAIL_FROM": "sw@sw.test", "ALERT_EMAIL_TO": "a@b.test,c@d.test",
        "TWILIO_URL": "https://SID:TOKEN@twilio.test/Messages.json", "SMS_FROM": "+1", "SMS_TO": "+33,+34",
        "ALERT_WEBHOOK_URL": "https://hook.test", "ALERT_WEBHOOK_SECRET": "s3cret",
    }))  # fmt: skip
    kept = over(database, given)

    assert [(one.id, one.type, one.origin, one.target) for one in kept.all()] == [
        ("email", "email", "environment", "a@b.test, c@d.test"),
        ("slack", "slack", "environment", "hooks.test"),
        ("sms", "sms", "environment", "+33, +34"),
        ("webhook", "webhook", "environment", "hook.test"),
    ]
    assert kept.get("sms").effective == {
        "recipients": ["+33", "+34"], "webhook": "https://SID:TOKEN@twilio.test/Messages.json", "from": "+1",
    }  # fmt: skip
    assert "TOKEN" in secrets_of(kept.get("sms"))
    for refused in (lambda: kept.change("slack", HOOK), lambda: kept.delete("slack")):
        with pytest.raises(Forbidden):
            refused()
    mail = kept.create({"name": "mine", "type": "email", "config": {"recipients": ["me@sw.test"]}})
    assert mail.config == {"recipients": ["me@sw.test"]}
    assert mail.effective["smtp"] == "smtp://mail.test"


def test_without_an_environment_there_are_none(database: Database):
    """But webhooks have a secret, made once."""
    settings = load({"DATA_DIR": str(database.url.database) + ".data"})

    assert environment(settings).channels == {}
    assert environment(settings).defaults["webhook"] == environment(settings).defaults["webhook"] != {"secret": ""}


def test_a_broken_channel_says_why_until_it_is_mended(database: Database):
    """By a message that arrives, or by new settings."""
    kept = over(database)
    kept.mark(kept.create(HOOK), "404: no such hook")

    assert channel_json(kept.get("1"))["broken"] == {"since": "2026-11-23T14:32:08.000Z", "why": "404: no such hook"}
    assert kept.named("ops").broken == Breakage(at=NOW_MS, why="404: no such hook")  # type: ignore[union-attr]
    kept.mark(kept.get("1"), "")
    assert kept.get("1").broken is None


def test_a_channel_without_its_key_is_shown_and_of_no_use(database: Database):
    """It says what is missing; it can be given new settings, or deleted."""
    over(database).create(HOOK)
    lost = over(database, keys=(NEW,))

    assert "ENCRYPTION_KEYS" in channel_json(lost.get("1"))["trouble"]
    assert lost.change("1", HOOK).trouble == ""
    lost.delete("1")
    with pytest.raises(NotFound):
        lost.get("1")


@pytest.mark.statement(44)
def test_secrets_are_sealed_anew_with_the_newest_key(database: Database):
    """Afterwards the old one can go."""
    over(database).create(HOOK)

    assert over(database, keys=(NEW, OLD), how=AES_GCM).rotate() == (1, 0)

    assert stored(database).startswith("aes-256-gcm:")
    assert over(database, keys=(NEW,)).get("1").config == HOOK["config"]
    assert over(database, keys=(OLD,)).rotate() == (0, 1)


@pytest.mark.parametrize(
    ("type_", "lacks"),
    [("email", ["config.smtp", "SMTP_URL", "config.from", "ALERT_EMAIL_FROM"]),
     ("sms", ["config.webhook", "TWILIO_URL", "config.from", "SMS_FROM"])],
)  # fmt: skip
def test_a_channel_may_come_before_what_the_environment_gives_it(database: Database, type_: str, lacks: list[str]):
    """It says what it waits for, and is ready once that is there."""
    seed = {"name": "ops", "type": type_, "config": {"recipients": ["+33612345678"], "template": "{rule}"}}
    made = over(database).create(seed)

    assert all(word in made.trouble for word in lacks)
    given = {"smtp": "smtp://mail.test", "from": "sw", "webhook": "https://sms.test/Messages.json"}
    assert over(database, Environment({}, {type_: given})).get("1").trouble == ""
