"""What pages tell of an incident's notices: who was told, and who was not although it was tried."""

import re
from dataclasses import replace

import pytest

from app.storage.base_notices import Delivery
from tests.dashboard.conftest import House, enter, sign_in
from tests.dashboard.test_alert_pages import advance, fire
from tests.fakes import NOW_MS
from tests.notify.notices import notice

NO_CHANNEL = "There is no channel slack."
TRIED = Delivery(notice_id=0, at=NOW_MS + 1, outcome="again", status=None, reply=NO_CHANNEL, latency_ms=0)


@pytest.fixture
def operator(house: House) -> House:
    """Whoever looks is an operator."""
    enter(house, "olga", "operator")
    return house


def last_notice(house: House, incident_id: int) -> tuple[str, str]:
    """What the list and the incident's page say of the last notice."""
    row = re.search(r'data-label="Last notice">(.*?)</td>', house.page("/alerts"), re.DOTALL)
    fact = re.search(r"<dt>Last notice</dt><dd>(.*?)</dd>", house.page(f"/alerts/incidents/{incident_id}"), re.DOTALL)
    assert row
    assert fact
    return row[1].strip(), fact[1].strip()


def test_a_notice_that_nobody_took_is_not_called_told(operator: House):
    """However often it was tried; once a channel has taken one, it is named with the time."""
    incident = fire(operator)
    tried = notice(key="a", incident_id=incident.id, channel="slack")
    operator.office.notices.record(tried, TRIED)
    listed, told = last_notice(operator, incident.id)
    assert "not told yet" in listed
    assert told == "not told yet"

    operator.office.notices.record(replace(tried, key="b", channel="ops"), replace(TRIED, outcome="sent"))
    listed, told = last_notice(operator, incident.id)
    assert re.search(r'<span class="sub">ops</span>', listed)
    assert "<time" in told


def test_who_was_told_longer_ago_than_the_log_reaches_is_not_known(operator: House):
    """An incident may last longer than its notices are kept."""
    incident = fire(operator)
    advance(operator, operator.office.kept_ms + 1)
    sign_in(operator.client, "olga")
    assert last_notice(operator, incident.id)[1] == "no longer known"
