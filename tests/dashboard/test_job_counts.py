"""The number of lines in a log that grows between two looks at its page."""

import re

from app.dashboard.job_tabs import log
from app.storage.base_keeping import Ages
from tests.dashboard.conftest import House
from tests.dashboard.test_job_page import LEVELS, chips, line
from tests.fakes import event


def test_new_lines_are_added_to_what_was_counted(house: House):
    """However many there are, each counts once, and those of other jobs not at all."""
    numbers = iter(range(1_000))
    seen = []
    for more in (3, 0, 5, 40, 1):
        house.send([line(next(numbers), LEVELS[n % 4]) for n in range(more)] + [event("log", "456", level=1)])
        page = house.page("/jobs/123?tab=log")
        tally = re.search(r'data-tally="log">(\d+)<', page)
        assert tally
        seen.append((int(tally[1]), sum(chips(page).values())))

    assert seen == [(3, 3), (3, 3), (8, 8), (48, 48), (49, 49)]


def test_more_lines_than_are_counted_are_the_newest(house: House, monkeypatch):
    """The page says so, however they have come."""
    monkeypatch.setattr(log, "MOST_COUNTED", 10)
    house.send([line(number) for number in range(12)])
    assert 'data-tally="log">10+<' in house.page("/jobs/123?tab=log")
    house.send([line(number, "error") for number in range(12, 15)])
    assert chips(house.page("/jobs/123?tab=log")) == {"debug": 0, "info": 10, "warning": 0, "error": 3}
    house.send([line(number, "debug") for number in range(15, 40)])

    page = house.page("/jobs/123?tab=log")

    assert chips(page) == {"debug": 10, "info": 0, "warning": 0, "error": 0}
    assert "of the newest 10 lines" in page


def test_lines_that_went_are_not_counted(house: House):
    """A log that retention has cut is counted anew."""
    house.send([line(number) for number in range(5)])
    assert chips(house.page("/jobs/123?tab=log"))["info"] == 5
    later = house.status.clock.now_ms() + 1
    house.events.prune(Ages(0, later), limit=2)

    assert chips(house.page("/jobs/123?tab=log"))["info"] == 3


def test_other_tabs_count_no_lines(house: House):
    """That takes a walk through all events of the job, so the log's own tab says it alone."""
    house.send([line(number) for number in range(5)])

    assert 'data-tally="log"' not in house.page("/jobs/123")
    assert 'data-tally="errors"' in house.page("/jobs/123")
    assert 'data-tally="log"' in house.page("/jobs/123?tab=log")
