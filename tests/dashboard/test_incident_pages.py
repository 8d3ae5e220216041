"""What pages tell of an incident's notices: who was told, and who was not although it was tried."""

import re
from dataclasses import replace

import pytest

from app.core.clock import rfc3339
from app.storage.base_notices import Delivery, NoticeFilter
from tests.dashboard.conftest import House, enter, sign_in
from tests.dashboard.test_alert_pages import WELL, advance, fire
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


def test_tries_that_came_to_nothing_for_one_reason_are_one_line(operator: House):
    """With how many there were and when the last was; another reason, and what came of it, have lines of their own."""
    incident = fire(operator)
    store, now_ms = operator.office.notices, NOW_MS
    store.add([notice(key="a", incident_id=incident.id, channel="ops")])
    for outcome, reply in [("again", NO_CHANNEL)] * 3 + [("again", "away")] + [("again", NO_CHANNEL), ("sent", "ok")]:
        now_ms += 10_000
        taken = next(one for one in store.claim(now_ms, lease_ms=50, holder="me", limit=9) if one.key == "a")
        tried = replace(TRIED, notice_id=taken.id, at=now_ms, outcome=outcome, reply=reply)
        store.settle(taken, tried, again_at=now_ms, uncertain=False)

    lines = operator.page(f"/alerts/incidents/{incident.id}").partition('class="timeline"')[2].partition("</ol>")[0]
    assert lines.count("ops did not take “fires”: tried again") == 2
    assert re.search(r"tried 4 times, last at <time[^>]*>14:32:58<", lines)
    assert len(re.findall(r"try \d", lines)) == 2
    assert "ops accepted “fires”" in lines
    assert all(len(tried) == 6 for _, tried in operator.office.log(NoticeFilter(incident_id=incident.id)) if tried)


def test_what_was_over_and_fires_again_is_in_the_history_too(operator: House):
    """It is one incident, and so not over; the list says when it was."""
    incident = fire(operator)
    assert "No alert is over so far" in operator.page("/alerts?state=history")
    operator.figures.update(WELL)
    operator.alerts.evaluate()
    advance(operator, 180_000)
    operator.alerts.evaluate()
    assert operator.alerts.incident(incident.id).state == "resolved"
    advance(operator, 1_000)
    fire(operator)

    page = operator.page("/alerts?state=history")
    assert page.count("data-incident=") == 1
    assert "fires again" in page
    assert "Came back once." in page
    assert f'datetime="{rfc3339(NOW_MS + 180_000)}"' in page
    assert "data-incident" not in operator.page(f"/alerts?state=history&next=b{incident.id}")
