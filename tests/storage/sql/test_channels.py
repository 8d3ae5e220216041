"""Channels in SQL, on each database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core.errors import Conflict
from app.storage.base_channels import Breakage, StoredChannel
from app.storage.sql.channels import SqlChannelStore
from app.storage.sql.database import Database

OPS = StoredChannel(name="ops", type="webhook", sealed="{}")


@pytest.fixture
def store(database_url: str) -> Iterator[SqlChannelStore]:
    """An empty store."""
    database = Database(database_url, readers=2)
    yield SqlChannelStore(database)
    database.close()


def add(store: SqlChannelStore, name: str = "ops") -> StoredChannel:
    """Store a channel."""
    added = store.add(replace(OPS, name=name))
    assert added is not None
    return added


def test_a_channel_is_stored_changed_and_deleted(store: SqlChannelStore):
    """By its id; the list goes by name."""
    ops, crew = add(store), add(store, "crew")
    other = replace(ops, name="people", type="email", sealed="x")

    assert store.channels() == [crew, ops]
    assert store.change(other)
    assert store.channels() == [crew, other]
    assert store.delete(ops.id)
    assert store.channels() == [crew]
    assert not store.delete(ops.id)
    assert not store.change(other)


def test_a_name_is_taken_once(store: SqlChannelStore):
    """By a new channel or a renamed one."""
    add(store)
    crew = add(store, "crew")

    assert store.add(OPS) is None
    with pytest.raises(Conflict):
        store.change(replace(crew, name="ops"))


def test_a_broken_channel_stays_broken_until_it_is_mended(store: SqlChannelStore):
    """Since its first failure, for its latest reason; a change of its settings counts as mending."""
    ops = add(store)
    store.mark("ops", Breakage(at=5, why="404"))
    store.mark("ops", Breakage(at=9, why="410"))
    store.mark("slack", Breakage(at=7, why="403"))

    assert store.broken() == {"ops": Breakage(at=5, why="410"), "slack": Breakage(at=7, why="403")}
    store.change(ops)
    store.mark("slack", None)
    assert store.broken() == {}


def test_what_was_changed_meanwhile_is_not_sealed_anew(store: SqlChannelStore):
    """The newer settings stay."""
    ops, crew = add(store), add(store, "crew")
    store.change(replace(ops, sealed="newer"))

    assert store.seal_anew({ops.id: ("{}", "a"), crew.id: ("{}", "b")}) == 1
    assert [found.sealed for found in store.channels()] == ["b", "newer"]
