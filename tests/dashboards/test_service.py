"""Dashboards that several people make at once."""

from collections.abc import Iterator

import pytest

from app.core.errors import Conflict
from app.dashboards.service import UNNAMED, Dashboards
from app.storage.base_dashboards import Dashboard
from app.storage.sql.dashboards import SqlDashboardStore
from app.storage.sql.database import Database
from tests.dashboards.seed import config


class Contested(SqlDashboardStore):
    """A store in which somebody else adds `rivals`, one after each look at what there is."""

    rivals: tuple[str, ...] = ()

    def dashboards(self) -> list[Dashboard]:
        """What there was before the rival came."""
        found = super().dashboards()
        if self.rivals:
            name, *rest = self.rivals
            self.rivals = tuple(rest)
            self.add(Dashboard(name=name, config=config()))
        return found


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Contested]:
    database = Database(sqlite_url)
    yield Contested(database)
    database.close()


def test_one_without_a_name_gets_the_next_that_is_free(store: Contested):
    """Also where somebody takes each name between the look and the insert."""
    dashboards = Dashboards(store, (), list)
    store.rivals = (UNNAMED, f"{UNNAMED} 2")
    made = dashboards.create(config())
    store.rivals = (f"{UNNAMED} 3 2",)
    clone = dashboards.clone(made.id)

    assert (made.name, clone.name) == (f"{UNNAMED} 3", f"{UNNAMED} 3 3")
    assert len({one.name for one in dashboards.all()}) == 5


def test_a_name_that_somebody_has_chosen_is_not_changed(store: Contested):
    """They are told that it was taken meanwhile."""
    dashboards = Dashboards(store, (), list)
    store.rivals = ("Prices",)

    with pytest.raises(Conflict):
        dashboards.create(config(name="Prices"))
