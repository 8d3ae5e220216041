"""``flask secrets rotate``: a new key takes the old one's place."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from app.cli import create_cli
from app.core.clock import CLOCK
from app.notify.office import open_channels
from app.storage.sql.database import Database
from config import Settings

OLD = "an old encryption key of the tests, long"
NEW = "a new encryption key of the tests, long"
HOOK = {"name": "ops", "type": "slack", "config": {"webhook": "https://hooks.test/T0"}}


@pytest.fixture
def settings(settings: Settings, sqlite_url: str) -> Settings:
    """Those of a server whose one channel is encrypted with the old key."""
    old = replace(settings, encryption_keys=(OLD,), database_url=sqlite_url)
    database = Database(sqlite_url)
    open_channels(old, database, CLOCK).create(HOOK)
    database.close()
    return old


def seen(settings: Settings, *keys: str) -> tuple[str, str]:
    """The channel's address and its trouble, as a server with these keys sees them."""
    database = Database(settings.database_url)
    (found,) = open_channels(replace(settings, encryption_keys=keys), database, CLOCK).all()
    database.close()
    return found.config.get("webhook", ""), found.trouble


@pytest.mark.statement(44)
def test_a_new_key_takes_the_old_ones_place(settings: Settings):
    """Beside the old one first; afterwards it is enough alone."""
    both = replace(settings, encryption_keys=(NEW, OLD), encryption_algorithm="aes-256-gcm")

    done = CliRunner().invoke(create_cli(both).cli, ["secrets", "rotate"])

    assert (done.exit_code, done.output) == (0, "Channels whose secrets are encrypted anew: 1\n")
    assert seen(settings, NEW) == ("https://hooks.test/T0", "")
    assert "ENCRYPTION_KEYS" in seen(settings, OLD)[1]


def test_what_no_key_opens_is_told(settings: Settings):
    """And stays as it is."""
    done = CliRunner().invoke(create_cli(replace(settings, encryption_keys=(NEW,))).cli, ["secrets", "rotate"])

    assert done.exit_code == 1
    assert "1 could not be read" in done.stderr
    assert seen(settings, OLD) == ("https://hooks.test/T0", "")
