"""``flask storage copy``, as an operator types it."""

import uuid
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from app.core.clock import CLOCK, rfc3339
from app.fold import folding
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from tests.cli.conftest import Run
from tests.fakes import event, fresh_limits, new_id
from tests.server import running


def filled(url: str) -> list[bytes]:
    """With three items of the sender `default`, now; their ids."""
    now_ms = CLOCK.now_ms()
    ids = [new_id() for _ in range(3)]
    with closing(Database(url)) as database:
        sender = SqlAccountStore(database).sender("default", at_ms=now_ms)
        with closing(open_stores(url, database, CLOCK)) as stores:
            events = [event(id=id_, sender_id=sender.id, at_ms=now_ms) for id_ in ids]
            stores.events.append(events, folding(fresh_limits()))
    return ids


def test_a_server_takes_up_what_was_copied(flask: Run, sqlite_url: str, environment: dict[str, str], tmp_path: Path):
    """Told what to set, it knows the events, and takes none of them twice."""
    ids = filled(sqlite_url)
    to = f"sqlite:///{tmp_path / 'new' / 'other.db'}"

    copied = flask("storage", "copy", "--to", to)

    assert copied.exit_code == 0, copied.output
    first, setting, keys = copied.stdout.splitlines()
    assert first.startswith("3 new events copied; both sides are equal: 3 events, 1 senders, ")
    assert (setting.split()[2], keys.split()[1]) == (f"DATABASE_URL={to}", "ENCRYPTION_KEYS")
    with running({**environment, "DATABASE_URL": to}, tmp_path / "server.log") as server:
        token = environment["INGEST_TOKEN"]
        read = environment["READ_TOKEN"]
        (known, *_) = items = server.json("/api/v1/events?type=item_scraped", token=read)["items"]
        assert len(items) == 3
        sent = {name: known[name] for name in ("type", "jobId", "timestamp", "data")}
        new = {**sent, "timestamp": rfc3339(CLOCK.now_ms()), "id": str(uuid.uuid4())}
        told = server.json("/api/v1/events", body=[{**sent, "id": str(uuid.UUID(bytes=ids[-1]))}, new], token=token)
        assert (told["accepted"], told["duplicates"], told["rejected"]) == (1, 1, [])
        assert server.json("/api/v1/jobs/123", token=read)["items"] == 4


def test_a_difference_and_a_working_server_are_told_in_words(flask: Run, sqlite_url: str, tmp_path: Path):
    """On stderr, and the exit code is 1."""
    filled(sqlite_url)
    to = f"sqlite:///{tmp_path / 'other.db'}"
    with closing(Database(sqlite_url)) as database:
        server = Claim(database)
        server.take()
        refused = flask("storage", "copy", "--to", to)
        ahead = flask("storage", "copy", "--ahead", "--to", to)
        server.release()
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "A server uses the source: stop it, or copy its events --ahead." in refused.stderr
    assert ahead.stdout.startswith("3 new events copied. Stop the server")
    assert flask("storage", "copy", "--to", to).stdout.startswith("0 new events copied; both sides are equal: 3 events")

    with closing(Database(to)) as database:
        database.write(lambda connection: connection.execute(text("UPDATE events SET flags = 4 WHERE cursor = 2")))
    found = flask("storage", "copy", "--to", to)

    assert found.exit_code == 1
    assert "events 2 differs" in found.stderr.splitlines()
    assert found.stderr.splitlines()[-1].startswith("Error: The target is not the same as the source.")


def test_a_store_is_emptied_when_that_is_said_twice(flask: Run, sqlite_url: str, tmp_path: Path):
    """Once by `--yes`; what it holds is told before, and the one in use is refused."""
    filled(sqlite_url)
    to = f"sqlite:///{tmp_path / 'other.db'}"
    flask("storage", "copy", "--to", to)

    asked = flask("storage", "empty", to)
    assert (asked.exit_code, asked.stderr.count("\n")) == (1, 1)
    assert "holds 3 events, 1 jobs, " in asked.stderr
    assert "Add --yes" in asked.stderr
    assert flask("storage", "empty", "--yes", to).stdout.startswith(f"{to} is empty; it held 3 events, 1 jobs, ")
    assert flask("storage", "empty", to).stdout == f"{to} is empty; it held nothing.\n"
    assert flask("storage", "copy", "--to", to).stdout.startswith("3 new events copied; both sides are equal: 3 events")

    refused = flask("storage", "empty", "--yes", sqlite_url)
    assert (refused.exit_code, "is the store that is in use (DATABASE_URL)" in refused.stderr) == (1, True)
