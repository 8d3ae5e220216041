"""``/api/v1/alerts/rules``: rules in and out, and what becomes of them."""

import time
from typing import Any

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.base_notices import NoticeFilter
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.notices import SqlNoticeStore
from tests.api.conftest import Caller
from tests.sockets import scraped

RULES = "/api/v1/alerts/rules"
SEED: dict[str, Any] = {
    "name": "captchas",
    "condition": {"metric": "captchas", "operator": ">", "threshold": 3},
    "severity": "error",
    "channels": ["slack", "webhook"],
    "cooldown": 60_000,
}


@pytest.fixture
def operator(client, sqlite_url) -> Caller:
    """Who may change rules."""
    database = Database(sqlite_url)
    _, token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("ops", "operate")
    database.close()
    return Caller(client, token)


def test_a_rule_is_written_read_changed_and_deleted(operator):
    """What was sent comes back with its id, its version and a sentence; a change needs the version that was seen."""
    made = operator.post(RULES, {**SEED, "for": 30_000, "labels": {"team": "data"}})
    assert made.status_code == 201
    target = f"{RULES}/{made.json['id']}"
    assert {
        **SEED,
        "for": 30_000,
        "labels": {"team": "data"},
        "version": 1,
        "enabled": True,
    }.items() <= made.json.items()
    assert made.json["sentence"] == (
        "When captchas above 3, for 30 s: error to slack, webhook, at most once in 1 min; over 2 min after it no longer"
        " holds."
    )
    changed = put(operator, target, {**made.json, "severity": "critical"}, headers={"If-Match": made.headers["ETag"]})
    assert (changed.status_code, changed.json["severity"], changed.json["version"]) == (200, "critical", 2)
    late = put(operator, target, made.json, headers={"If-Match": made.headers["ETag"]})
    assert late.status_code == 409
    assert operator.open(target, method="DELETE").status_code == 204
    assert operator.get(target).status_code == 404


def test_only_operators_change_rules(reader):
    """Who may only read is refused."""
    assert reader.post(RULES, SEED).status_code == 403
    assert reader.post(f"{RULES}/import", [SEED]).status_code == 403


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({**SEED, "for": -1}, "for"),
        ({**SEED, "condition": {**SEED["condition"], "operator": "~"}}, "condition.operator"),
        ({**SEED, "colour": "red"}, "colour"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_named(operator, config, field):
    """Nothing is stored."""
    answer = operator.post(RULES, config)

    assert answer.json is not None
    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert len(operator.json(RULES)["items"]) == 2


def test_a_name_is_taken_once(operator):
    """A second rule of that name is a conflict."""
    operator.post(RULES, SEED)

    assert operator.post(RULES, SEED).status_code == 409


def test_what_is_exported_can_be_imported(operator):
    """The list is the same afterwards; a rule of a known name takes its place, a new one is added."""
    exported = operator.json(f"{RULES}/export")
    assert [rule["name"] for rule in exported] == ["high_failure_rate", "system_overload"]
    assert operator.post(f"{RULES}/import", exported).status_code == 200
    assert operator.json(f"{RULES}/export") == exported

    taken = operator.post(f"{RULES}/import", [SEED, {**exported[0], "cooldown": 1}])
    assert [rule["name"] for rule in taken.json["items"]] == ["captchas", "high_failure_rate"]
    assert {rule["name"]: rule["cooldown"] for rule in operator.json(f"{RULES}/export")} == {
        "captchas": 60_000, "high_failure_rate": 1, "system_overload": 60_000,
    }  # fmt: skip


def test_a_list_is_taken_whole_or_not_at_all(operator):
    """The mistake is named by its place, and the rule before it is not there."""
    answer = operator.post(f"{RULES}/import", [SEED, {**SEED, "name": "b", "cooldown": "soon"}])

    assert (answer.status_code, answer.json["field"]) == (400, "1.cooldown")
    assert len(operator.json(RULES)["items"]) == 2


def test_a_rule_fires_on_what_comes_in_and_is_over(operator, scraper, sqlite_url):
    """From an event to the notices in the outbox and back: one of each kind for each channel."""
    operator.post(RULES, {**SEED, "keepFiringFor": 0})
    for value, kinds in ((5, ["firing"] * 2), (1, ["firing"] * 2 + ["resolved"] * 2)):
        scraper.post("/api/v1/events", [scraped("j", type="metric", data={"values": {"captchas": value}})])
        deadline = time.monotonic() + 30
        while (found := notices(sqlite_url)) != kinds and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found == kinds

    (incident,) = operator.json("/api/v1/alerts/incidents")["items"]
    detail = operator.json(f"/api/v1/alerts/incidents/{incident['id']}")
    assert (detail["state"], detail["reason"], detail["peak"], detail["value"]) == ("resolved", "recovered", 5, 1)
    assert [line["kind"] for line in detail["timeline"]] == [
        "opened", "joined", "notice", "left", "resolved", "notice",
    ]  # fmt: skip


def put(caller: Caller, target: str, body: Any, headers: dict[str, str]) -> Any:
    """Put it in the place of what is there."""
    return caller.open(target, method="PUT", json=body, headers=headers)


def notices(sqlite_url: str) -> list[str]:
    """The kinds of those that were written for `captchas`, in order."""
    database = Database(sqlite_url)
    found = SqlNoticeStore(database).notices(NoticeFilter())[::-1]
    database.close()
    return [notice.kind for notice in found if notice.body["rule"] == "captchas"]


def test_a_rule_is_tested_before_it_is_stored(operator):
    """Over the last day unless said otherwise; of what was never measured nothing would have fired."""
    rule = {**SEED, "condition": {"metric": "system.memory.used", "operator": "<", "threshold": 0}}
    played = operator.post(f"{RULES}/backtest", {"rule": rule})

    assert (played.status_code, played.json["fired"], played.json["messages"]) == (200, 0, 0)
    refused = operator.post(f"{RULES}/backtest", {"rule": {**SEED, "for": "1m"}})
    assert (refused.status_code, refused.json["field"]) == (400, "rule.for")
    assert operator.post(f"{RULES}/backtest", {"rule": rule, "from": "never"}).json["field"] == "from"
