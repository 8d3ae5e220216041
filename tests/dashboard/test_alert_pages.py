"""The pages of alerts, as they leave the server, and what their forms do."""

import re
from dataclasses import replace
from html import unescape

import pytest

from app.alerts.rules import Rule
from app.alerts.standing import LATE_MS
from app.storage.base_alerts import Incident
from app.storage.base_notices import Delivery
from tests.dashboard.conftest import House, enter
from tests.fakes import NOW_MS, StoppedClock
from tests.notify.notices import notice

LISTS = ("pulse", "acknowledged", "silenced")
HOSTILE = "</script><script>alert(1)</script>"
FAILING = {"jobs.finished": 5.0, "jobs.failureRate": 0.25}
WELL = {"jobs.finished": 50.0, "jobs.failureRate": 0.0}
RULE = {
    "name": HOSTILE,
    "condition": {"metric": "jobs.running", "operator": ">=", "threshold": 3},
    "severity": "critical",
    "channels": [],
    "cooldown": 0,
    "for": 60_000,
    "keepFiringFor": 0,
}


@pytest.fixture
def operator(house: House) -> House:
    """Whoever looks is an operator."""
    enter(house, "olga", "operator")
    return house


def token(house: House, path: str = "/alerts") -> str:
    """What a form of our own pages carries."""
    form = re.search(r'name="csrf_token" value="([^"]+)"', house.client.get(path).text)
    assert form
    return form[1]


def post(house: House, path: str, status: int = 303, /, **fields: str | list[str]) -> str:
    """Send a form; the answer's text, or where it leads."""
    answer = house.client.post(path, data={"csrf_token": token(house), **fields})
    assert answer.status_code == status, answer.text
    return answer.location if status == 303 else answer.text


def advance(house: House, ms: int) -> None:
    """Let time pass."""
    clock = house.status.clock
    assert isinstance(clock, StoppedClock)
    clock.advance(ms)


def fire(house: House) -> Incident:
    """The incident of a rule that fires from now on."""
    house.figures.update(FAILING)
    house.alerts.evaluate()
    return house.alerts.incidents()[0]


def test_scripts_ask_for_the_sentence_in_the_page_s_language(house: House):
    """They hear of alerts in English, as programs do."""
    path = f"/alerts/incidents/{fire(house).id}/sentence"

    assert house.page(path) == "jobs.failureRate is 25 %, above 10 %."
    house.client.set_cookie("language", "fr")
    assert house.page(path) == "jobs.failureRate est à 25\u202f%, au-dessus de 10\u202f%."
    assert house.page(f"{path}?state=resolved").startswith("jobs.failureRate est à 25\u202f%\u202f; l’alerte")
    house.page(f"{path}?state=over", 400)
    house.page("/alerts/incidents/99/sentence", 404)
    house.alerts.rules.delete(house.alerts.incidents()[0].rule_id)
    assert house.page(f"{path}?state=resolved") == "high_failure_rate\u202f: la règle a été supprimée."


def test_each_state_has_its_list(operator: House):
    """With how many there are, and words for an empty one."""
    for state, words in {
        "firing": "Nothing fires",
        "acknowledged": "Nobody looks after anything",
        "pending": "Nothing is about to fire",
        "silenced": "Nothing is kept quiet",
        "history": "No alert is over so far",
    }.items():
        assert words in operator.page(f"/alerts?state={state}")
    incident = fire(operator)
    page = operator.page("/alerts")
    assert '<span class="n hot">1</span>' in page
    for words in ("Warning", "high_failure_rate", "jobs.failureRate is 25 %, above 10 %.", "25 %", "&gt; 10 %"):
        assert words in page
    assert f"/alerts/incidents/{incident.id}/ack" in page
    assert "data-incident" not in operator.page("/alerts?state=history")
    operator.page("/alerts?state=none", 400)


def test_a_list_that_is_cut_says_of_how_many(operator: House, monkeypatch: pytest.MonkeyPatch):
    """All are counted; what is listed whole says nothing."""
    monkeypatch.setattr("app.dashboard.alerts.MOST_OPEN", 1)
    fire(operator)
    operator.figures.update({"system.readings": 12.0, "system.cpu.usage": 0.9})
    operator.alerts.evaluate()
    page = operator.page("/alerts")
    assert page.count("data-incident=") == 1
    assert '<span class="n hot">2</span>' in page
    assert "Only the newest of 2 are listed." in page
    monkeypatch.undo()
    assert "are listed." not in operator.page("/alerts")


def test_what_is_acknowledged_says_by_whom_and_why(operator: House):
    """On a list of its own, without a button."""
    incident = fire(operator)
    assert post(operator, f"/alerts/incidents/{incident.id}/ack", note=HOSTILE, span="3600000").endswith("acknowledged")
    page = operator.page("/alerts?state=acknowledged")
    assert "olga looks after it" in page
    assert HOSTILE not in page
    assert f"“{HOSTILE}”" in unescape(page)
    assert "/ack" not in page
    assert "Nothing fires" in operator.page("/alerts")


def test_what_is_over_is_told_of_in_the_past(operator: House):
    """How bad it was, how long it lasted and why it ended."""
    fire(operator)
    operator.alerts.rules.delete(next(rule.id for rule in operator.alerts.list_rules() if "failure" in rule.name))
    operator.figures.update(WELL)
    operator.alerts.evaluate()
    page = operator.page("/alerts?state=history")
    assert "Was Warning. The rule was deleted." in page
    assert "/ack" not in page
    post(operator, f"/alerts/incidents/{operator.alerts.incidents()[0].id}/ack", 409)


def test_what_pends_says_when_it_would_fire(operator: House):
    """And its rule's name is taken for text."""
    operator.alerts.rules.create(RULE)
    operator.figures["jobs.running"] = 4
    operator.alerts.evaluate()
    page = operator.page("/alerts?state=pending")
    assert HOSTILE not in page
    assert HOSTILE in unescape(page)
    assert 'data-label="Fires in">1 min' in page
    assert "Would be: Critical." in page


def test_what_is_kept_quiet_says_by_what(operator: House):
    """It is counted as silenced, not as firing, also in the bezel."""
    matcher = {"name": "rule", "operator": "=", "value": "high_failure_rate"}
    operator.alerts.silences.create({"matchers": [matcher], "reason": "the shop moves", "to": NOW_MS + 60_000}, "zoe")
    fire(operator)
    page = operator.page("/alerts?state=silenced")
    assert "the shop moves" in page
    assert "None firing" in page
    assert "Nothing fires" in operator.page("/alerts")


def test_every_page_says_how_the_alerts_stand(operator: House):
    """What is looked after counts as acknowledged and, once it is kept quiet, as silenced alone."""

    def counts() -> list[str]:
        page = operator.page("/jobs")
        return [re.search(f'id="{name}".*?<span[^>]*>([^<]+)<', page)[1] for name in LISTS]  # type: ignore[index]

    assert counts() == ["None firing", "0", "0"]
    incident = fire(operator)
    assert counts() == ["1 firing", "0", "0"]
    operator.alerts.acknowledge(incident.id, "olga")
    assert counts() == ["None firing", "1", "0"]
    operator.alerts.silence(incident, "the shop moves", None, "olga")
    operator.alerts.evaluate()
    assert counts() == ["None firing", "0", "1"]


def test_what_fires_while_a_page_is_made_is_heard_of(operator: House, monkeypatch: pytest.MonkeyPatch):
    """The list shows it or not; the counts are those of before, so the page's script learns that they have changed."""
    rules = operator.alerts.list_rules

    def slowly() -> list[Rule]:
        fire(operator)
        return rules()

    monkeypatch.setattr(operator.alerts, "list_rules", slowly)
    page = operator.page("/alerts")
    assert "data-incident" in page
    assert '"alerts": {"acknowledged": 0, "evaluatedAt": null, "firing": 0, "silenced": 0}' in page


def test_every_page_says_when_nobody_evaluates(house: House):
    """After three intervals; not right after a start, however long ago the last evaluation was."""
    late = re.compile('<p class="late" id="late">.*?<span>([^<]+)<')
    assert not late.search(house.page("/jobs"))
    advance(house, LATE_MS + 1_000)
    assert late.search(house.page("/jobs"))[1] == "Alerts have not been evaluated so far."  # type: ignore[index]
    house.alerts.evaluate()
    assert not late.search(house.page("/jobs"))
    advance(house, LATE_MS)
    assert not late.search(house.page("/jobs"))
    advance(house, 25_000)
    assert late.search(house.page("/jobs"))[1] == "Alerts were last evaluated 40 s ago."  # type: ignore[index]


def test_only_operators_acknowledge(house: House):
    """Who only reads gets no button, and no way round it; nor does another site's form."""
    incident = fire(house)
    assert "/ack" not in house.page("/alerts")
    path = f"/alerts/incidents/{incident.id}/ack"
    assert house.client.post(path, data={"csrf_token": token(house)}).status_code == 403
    assert house.client.post(path).status_code == 400
    assert house.alerts.incident(incident.id).state == "firing"


def test_a_span_that_is_not_offered_is_refused(operator: House):
    """The incident stays as it is."""
    incident = fire(operator)
    post(operator, f"/alerts/incidents/{incident.id}/ack", 400, span="1")
    assert operator.alerts.incident(incident.id).state == "firing"


def test_an_incident_tells_all_that_happened(operator: House):
    """Its figures, each transition, what channels answered, and who was not told and why; the newest first."""
    incident = fire(operator)
    made = notice(key="a", incident_id=incident.id, channel="ops")
    tried = Delivery(notice_id=0, at=NOW_MS + 1, outcome="failed", status=503, reply=f"no {HOSTILE}", latency_ms=34)
    operator.office.notices.record(made, tried)
    instead = notice(key="b", incident_id=incident.id, channel="backup", in_place_of="ops")
    operator.office.notices.record(instead, replace(tried, at=NOW_MS + 2, outcome="sent", status=200, reply="ok"))
    config = {"webhook": "https://hooks.test", "secret": "s"}
    operator.office.create({"name": "down", "type": "webhook", "config": config})
    late = notice(key="c", incident_id=incident.id, channel="down")
    operator.office.notices.record(late, replace(tried, outcome="again", reply="away"))
    operator.office.notices.record(replace(instead, key="d", in_place_of="down"), replace(tried, outcome="sent"))
    lost = notice(key="e", incident_id=incident.id, channel="nowhere", in_place_of="down")
    operator.office.notices.record(lost, replace(tried, outcome="again", status=None))
    path = f"/alerts/incidents/{incident.id}"
    assert post(operator, f"{path}/ack", note="proxies", back="incident").endswith(path)

    page = operator.page(path)
    assert HOSTILE not in page
    text = unescape(page)
    for words in (
        "25 %",
        "> 10 %",
        "Fires",
        "olga acknowledged it",
        "ops did not take “fires”: given up",
        "503 · 34 ms",
        "backup accepted “fires”",
        "in place of ops · 200 · 34 ms",
    ):
        assert words in text
    assert f"“fires” failed: no {HOSTILE} It went to backup." in text
    assert "“fires” is tried again; so far: away It went to backup." in text
    for name in ("slack", "nowhere"):
        assert re.search(rf"{name}\W.{{0,80}}There is no channel of that name", text)
    assert 'href="/alerts/incidents/' in operator.page("/alerts?state=acknowledged")
    operator.page("/alerts/incidents/99", 404)


def test_a_figure_is_the_present_one(operator: House):
    """In the list and on the incident's page, though a figure that only changes is not written."""
    incident = fire(operator)
    operator.figures["jobs.failureRate"] = 0.2
    operator.alerts.evaluate()
    assert "<strong>20 %</strong>" in operator.page("/alerts")
    page = operator.page(f"/alerts/incidents/{incident.id}")
    assert "<dt>Value</dt><dd>20 %</dd>" in page
    assert 'href="/events?from=20' in page
    assert "<dt>Peak</dt><dd>25 %</dd>" in page


def test_an_incident_is_silenced_from_its_page(operator: House):
    """For as long as it lasts, with the reason shown; one without a reason is refused."""
    incident = fire(operator)
    path = f"/alerts/incidents/{incident.id}"
    post(operator, f"{path}/silence", 400, length="")
    post(operator, f"{path}/silence", 400, length="5", reason="x")
    assert post(operator, f"{path}/silence", length="", reason="the shop moves").endswith(path)
    operator.alerts.evaluate()
    page = operator.page(path)
    assert 'Kept quiet</strong> Silence 1: “the shop moves”. <a href="/alerts/silences">' in page


def test_a_viewer_reads_an_incident(house: House):
    """Without a form in it."""
    incident = fire(house)
    page = house.page(f"/alerts/incidents/{incident.id}")
    assert "What happened" in page
    assert "/ack" not in page
    assert "/silence" not in page
