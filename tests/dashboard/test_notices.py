"""The links in notices: they show on GET, act on POST, and open nothing else."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.notify import links
from app.storage.base_notices import Notice, NoticeFilter
from config import Settings
from tests.dashboard.conftest import House
from tests.fakes import NOW_MS, StoppedClock
from tests.notify.notices import notice

HOSTILE = "</p><script>alert(1)</script>"
FAILING = {"jobs.finished": 5.0, "jobs.failureRate": 0.2}


@pytest.fixture
def stranger(house: House) -> FlaskClient:
    """A browser that has signed in to nothing."""
    return house.client.application.test_client()


@pytest.fixture
def told(house: House) -> Notice:
    """A notice of an incident that fires."""
    house.figures.update(FAILING)
    house.alerts.evaluate()
    (incident,) = house.alerts.incidents()
    house.office.notices.add([notice(incident_id=incident.id, channel="night crew", body={"summary": HOSTILE})])
    (found,) = house.office.notices.notices(NoticeFilter(channel="night crew"))
    return found


@pytest.fixture
def paths(told: Notice, settings: Settings) -> Mapping[str, str]:
    """The links of the notice, without their host."""
    made = links.maker("http://localhost", settings.secret_key, StoppedClock())(told)
    return {name: link.removeprefix("http://localhost") for name, link in made.items()}


def test_a_link_shows_and_changes_nothing(house: House, stranger: FlaskClient, told: Notice, paths: Mapping[str, str]):
    """However often programs follow it."""
    for path in paths.values():
        answer = stranger.get(path)
        assert answer.status_code == 200
        assert "high_failure_rate" in answer.text
        assert f'href="/alerts/incidents/{told.incident_id}"' in answer.text
        assert HOSTILE not in answer.text

    assert house.alerts.incident(told.incident_id or 0).state == "firing"


def test_its_button_acts(house: House, stranger: FlaskClient, told: Notice, paths: Mapping[str, str]):
    """Under the name that was given and the channel's; then the page says that it is done."""
    answer = stranger.post(paths["acknowledge"], data={"name": "Zoë"}, follow_redirects=True)

    incident = house.alerts.incident(told.incident_id or 0)
    assert (incident.state, incident.acked_by) == ("acknowledged", "Zoë (night crew)")
    assert "Zoë (night crew)" in answer.text
    assert "Done." in answer.text
    assert answer.text.count("<button") == answer.text.count('name="language"'), "a button besides those of languages"


@pytest.mark.parametrize(("minutes", "until"), [("30", NOW_MS + 1_800_000), ("", None)])
def test_a_link_silences_one_incident(
    house: House, stranger: FlaskClient, told: Notice, paths: Mapping[str, str], minutes: str, until: int | None
):
    """For as long as was chosen, or until it is over; with who and why."""
    answer = stranger.post(paths["silence"], data={"name": "Zoë", "minutes": minutes}, follow_redirects=True)

    (silence,) = house.alerts.silences.all()
    assert "Done." in answer.text
    assert (silence.created_by, silence.config["incident"]) == ("Zoë (night crew)", told.incident_id)
    assert silence.config["to"] == until
    assert silence.config["reason"] == "By the link in a notice to night crew"
    house.alerts.evaluate()
    assert house.alerts.incident(told.incident_id or 0).muted


def test_a_silence_lasts_as_long_as_was_offered(house: House, stranger: FlaskClient, paths: Mapping[str, str]):
    """Another span is no answer to the form."""
    assert stranger.post(paths["silence"], data={"minutes": "999999"}).status_code == 400
    assert house.alerts.silences.all() == []


def test_without_a_name_the_channel_stands_for_it(
    house: House, stranger: FlaskClient, told: Notice, paths: Mapping[str, str]
):
    """Somebody of that channel."""
    stranger.post(paths["acknowledge"])

    assert house.alerts.incident(told.incident_id or 0).acked_by == "night crew"


def test_what_is_over_is_not_acted_on(house: House, stranger: FlaskClient, paths: Mapping[str, str]):
    """The page says how it stands."""
    for rule in house.alerts.list_rules():
        house.alerts.rules.delete(rule.id)
    house.alerts.evaluate()

    for act in ("acknowledge", "silence"):
        answer = stranger.post(paths[act], data={"minutes": "30"})
        assert answer.status_code == 409
        assert "Resolved" in answer.text


def test_a_link_opens_nothing_but_its_page(stranger: FlaskClient, told: Notice, paths: Mapping[str, str]):
    """Another notice, another act, a later end or a changed letter are no page at all."""
    view, act = urlsplit(paths["link"]), urlsplit(paths["acknowledge"])

    for path in (
        f"/notices/{told.id}",
        f"/notices/{told.id + 1}?{view.query}",
        f"{act.path}?{view.query}",
        f"{view.path}?{act.query}",
        f"{view.path}?{view.query[:-1]}",
        f"{view.path}?{view.query.replace('expires=1', 'expires=2')}",
    ):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{act.path}?{view.query}").status_code == 404
    assert stranger.post(paths["link"]).status_code == 405
    assert stranger.get("/alerts").status_code == 302


def test_another_site_can_not_press_the_button(stranger: FlaskClient, paths: Mapping[str, str]):
    """Even if it knew the link."""
    assert stranger.post(paths["acknowledge"], headers={"Origin": "https://evil.test"}).status_code == 403


def test_a_link_ends(stranger: FlaskClient, told: Notice, settings: Settings):
    """After some days there is no such page."""
    clock = StoppedClock()
    clock.advance(-links.LASTS_MS)
    old = links.maker("http://localhost", settings.secret_key, clock)(told)

    assert stranger.get(old["link"]).status_code == 404
