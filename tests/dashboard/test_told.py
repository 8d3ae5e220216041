"""What the server says, pages say in their language: errors, rules, why a job is as it is."""

import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from app.alerts.rules import parse
from app.alerts.wording import condition
from app.core.errors import InvalidInput
from app.dashboard.language import COOKIE, told
from app.ingest.kinds import check_known
from scrapewatch.events import EVENTS
from tests.dashboard.conftest import House
from tests.fakes import event as made

WRONG = (
    '"open',
    "a " * 21,
    "statsu:failed",
    "source:",
    '""',
    "status:odd",
    "source:a*,b",
    "age:soon",
    "errors:many",
    "from:yesterday",
    "from:99999999999999999",
    "from:2026-02-31T00:00:00Z",
)


def said(house: House, search: str) -> str:
    """The reason that the list of jobs gives."""
    page = house.page(f"/jobs?q={quote(search)}", 400)
    found = re.search(r'id="wrong".*?<br>[^:]*:\s([^<]*?)\. (?:The list|La liste)', page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("search", WRONG)
def test_each_reason_is_translated(house: House, search: str):
    """The English sentence stays as the API says it, and a French page has another."""
    english = said(house, search)
    assert english in json.loads(house.client.get(f"/api/v1/jobs?q={quote(search)}").text)["detail"]
    house.client.set_cookie(COOKIE, "fr")

    assert said(house, search) != english


def test_what_differs_in_a_reason_stands_in_its_translation(house: House):
    """The key that was typed, and those that there are."""
    house.client.set_cookie(COOKIE, "fr")

    assert said(house, "statsu:failed").startswith("la clé statsu n’existe pas, les clés sont age, attempt, ")


def test_a_rule_is_told_in_the_language_of_the_page(house: House):
    """With its figures as that language writes them; for programs it stays English."""
    house.alerts.rules.create(
        {
            "name": "slow",
            "condition": {"metric": "jobs.failureRate", "operator": ">=", "threshold": 0.125},
            "severity": "critical",
            "channels": [],
            "cooldown": 300_000,
            "for": 86_400_000,
        }
    )
    english = "When jobs.failureRate at or above 12.5 %, for 1 day: critical to no channel, "
    assert f"{english}at most once in 5 min; over 2 min after it no longer holds." in house.page("/alerts/rules")
    house.client.set_cookie(COOKIE, "fr")

    page = unescape(house.page("/alerts/rules")).replace("\u202f", " ").replace("\xa0", " ")
    assert (
        "Quand jobs.failureRate est à 12,5 % ou au-dessus, pendant 1 jour : critique vers aucun "
        "canal, au plus une fois en 5 min ; finie 2 min après que ce n’est plus le cas."
    ) in page


def in_french(house: House, sentence: str) -> str:
    """The sentence as a French page has it."""
    with house.client.application.test_request_context(headers={"Cookie": f"{COOKIE}=fr"}):
        return told(sentence)


@pytest.mark.parametrize(
    ("every", "grace", "due"),
    [
        (86_400_000, 60_000, "chaque jour, avec 1 min de retard"),
        (172_800_000, 0, "tous les 2 jours"),
        (7_200_000, 0, "toutes les 2 h"),
    ],
)
def test_what_is_due_again_and_again_is_said_by_its_unit(house: House, every: int, grace: int, due: str):
    """Days are masculine and hours are not; of no delay nothing is said."""
    missing = {"event": "job_missing", "spider": "a", "every": every, "grace": grace}
    rule = parse({"name": "due", "severity": "error", "channels": [], "cooldown": 0, "condition": missing})

    assert in_french(house, condition(rule)).replace("\xa0", " ").endswith(f"ne démarre, attendue {due}")


def test_what_an_event_must_be_is_told_in_one_language(house: House):
    """Kinds of fields are for who writes programs: they stay English, and so does the sentence around them."""
    with pytest.raises(InvalidInput) as refused:
        check_known({"count": "x"}, EVENTS["error"].fields)

    assert in_french(house, refused.value.said) == "must be a whole number ≥ 0"


def test_a_script_is_told_in_the_language_of_the_page(house: House):
    """The API's own sentence stays, the page's stands beside it; a program that asks in English gets that alone."""
    asked = "/api/v1/metrics?name=items&from=-1h&step=7"
    english = json.loads(house.client.get(asked).text)
    house.client.set_cookie(COOKIE, "fr")
    french = json.loads(house.client.get(asked).text)

    assert "told" not in english
    assert french == {**english, "told": "doit être un multiple de 5 s"}


def test_an_error_page_says_what_is_wrong_in_its_language(house: House):
    """After the name of what can't be used, which is that of the address."""
    house.client.set_cookie(COOKIE, "fr")

    assert "state\u202f: doit être l’un de firing" in unescape(house.page("/alerts?state=odd", 400))


@pytest.mark.parametrize(
    ("event", "data", "said"),
    [
        ("job_lost", {"reason": "silent for 90 s; its connection is gone"}, "sans nouvelles depuis 90 s"),
        ("job_stalled", {"reason": "alive, but nothing new for 5 min"}, "active, mais rien de nouveau depuis 5 min"),
        ("job_failed", {"error": "closed: shutdown"}, "fermée\u202f: shutdown"),
        ("job_failed", {"error": "the proxy gave up"}, "the proxy gave up"),
    ],
)
def test_why_a_job_is_as_it_is_is_told_in_the_language_of_the_page(
    house: House, event: str, data: dict[str, str], said: str
):
    """Our own reasons are; what a scraper says stays as it is."""
    house.send([made("job_started", "told"), made(event, "told", data=data)])
    house.client.set_cookie(COOKIE, "fr")

    assert said in unescape(house.page("/jobs/told"))
