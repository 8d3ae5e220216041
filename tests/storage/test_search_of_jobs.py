"""Every store finds what several jobs have sent, however they lie among others: one suite over all kinds."""

import pytest

from app.storage.base import EventFilter
from app.storage.base_runs import Runs
from tests.fakes import event, jobs_fold

pytestmark = pytest.mark.usefixtures("at_full_pace")


def test_what_many_jobs_have_is_found_however_long_ago_they_ran(stores, monkeypatch):
    """A source of more jobs than are looked up one by one: the search begins at the last that it has told."""
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.mongo.searching.LOOKS", (2, 3))
    starts = [event("job_started", f"run {number}", data={"source": "shop"}) for number in range(60)]
    stores.events.append(starts + [event(job_id="another") for _ in range(30)], jobs_fold)

    found = stores.search.search(EventFilter(of=Runs(source="shop")), limit=3)

    assert [each.cursor for each in found.events] == [60, 59, 58]


def test_what_a_few_jobs_have_is_found_among_that_of_others(stores, monkeypatch):
    """A source whose jobs are looked up one by one: newest first and onward, by looks that take in a few."""
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.mongo.searching.LOOKS", (2, 3))
    starts = [event("job_started", f"run {number}", data={"source": "shop"}) for number in range(3)]
    stores.events.append(starts + [event(job_id=f"run {number % 5}") for number in range(20)], jobs_fold)
    wanted = EventFilter(of=Runs(source="shop"), types=("item_scraped",))

    newest = stores.search.search(wanted, limit=4)
    onward = stores.search.onward(wanted, after=0, limit=9)

    assert [each.cursor for each in newest.events] == [21, 20, 19, 16]
    assert [each.cursor for each in onward.events][:2] == [4, 5]
