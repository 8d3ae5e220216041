"""Saved views in SQL, on each database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.storage.base_views import MOST_VIEWS, SavedView
from app.storage.sql.database import Database
from app.storage.sql.views import SqlViewStore

MINE = SavedView(user_id=1, page="jobs", name="failed", query="status=failed")


@pytest.fixture
def store(database_url: str) -> Iterator[SqlViewStore]:
    """An empty store."""
    database = Database(database_url, readers=2)
    yield SqlViewStore(database)
    database.close()


def save(store: SqlViewStore, view: SavedView) -> SavedView:
    """Store a view for which there is room."""
    saved = store.save(view)
    assert saved is not None
    return saved


def test_views_are_of_a_user_and_a_page(store: SqlViewStore):
    """By name; others see none of them, and can't delete them."""
    failed, all_of_them = save(store, MINE), save(store, replace(MINE, name="all"))
    other = save(store, replace(MINE, page="events"))

    assert store.views(1, "jobs") == [all_of_them, failed]
    assert store.views(1, "events") == [other]
    assert store.views(2, "jobs") == []
    assert not store.delete(2, failed.id)
    assert store.delete(1, failed.id)
    assert not store.delete(1, failed.id)
    assert store.views(1, "jobs") == [all_of_them]


def test_a_name_is_given_once(store: SqlViewStore):
    """Saved again, it holds the new filters under the same number."""
    first = save(store, MINE)
    again = save(store, replace(MINE, query="status=lost"))

    assert again.id == first.id
    assert store.views(1, "jobs") == [again]


def test_there_is_an_end_to_them(store: SqlViewStore):
    """Of a user and page; the ones that are there can still be changed."""
    for number in range(MOST_VIEWS):
        save(store, replace(MINE, name=f"{number:03d}"))

    assert store.save(MINE) is None
    assert store.save(replace(MINE, name="000", query="q=x")) is not None
    assert store.save(replace(MINE, user_id=2)) is not None
